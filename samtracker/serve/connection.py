"""A connection: how long is waited for a client, and how many may keep the server waiting."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Final

from fastapi import HTTPException
from starlette.types import Message, Receive
from uvicorn.protocols.http.h11_impl import H11Protocol

from samtracker.serve.deadline import Deadline

HEADERS: Final = 10.0
"""Seconds until a request has come as far as its body."""

BODY: Final = 20.0
"""Seconds until a body has come that is no upload."""

READING: Final = 60.0
"""Seconds that a client may read nothing of an answer."""


class Connection(H11Protocol):
    """A connection that is closed where a client keeps it waiting.

    Connections without a request wait: new ones, half a request, and those kept for the next one.
    Where more than half of all wait, the one that has waited the longest is closed for a new one,
    so that nobody can use them up.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._waits_since = time.monotonic()
        self._deadline = Deadline()

    @property
    def waits(self) -> bool:
        """Whether no request is being answered."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a first request."""
        super().connection_made(transport)
        self._deadline.set(HEADERS, self.transport)
        waiting = [it for it in self.connections if isinstance(it, Connection) and it.waits]
        assert self.limit_concurrency is not None, "the server sets it"
        if len(waiting) > self.limit_concurrency // 2:
            min(waiting, key=lambda it: it._waits_since).transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._deadline.drop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come of a request."""
        super().data_received(data)
        if self.transport.get_protocol() is not self or not self.waits:
            self._deadline.drop()
        elif not self._deadline.is_set:
            self._deadline.set(HEADERS, self.transport)

    def on_response_complete(self) -> None:
        """Wait for the next request, as long as uvicorn does."""
        self._waits_since = time.monotonic()
        super().on_response_complete()

    def pause_writing(self) -> None:
        """Wait for a client that does not read its answer."""
        super().pause_writing()
        self._deadline.set(READING, self.transport)

    def resume_writing(self) -> None:
        """Go on with the answer."""
        super().resume_writing()
        self._deadline.drop()


def impatient(receive: Receive) -> Receive:
    """Return a way to receive a body that refuses one that comes too slowly (408)."""
    end = time.monotonic() + BODY
    complete = False

    async def receiving() -> Message:
        nonlocal complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout(end - time.monotonic()):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, "the request comes too slowly: try again") from None
        complete = not message.get("more_body", False)
        return message

    return receiving
