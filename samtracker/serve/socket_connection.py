"""A connection of a WebSocket: how long is waited for the rest of a message."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

MESSAGE: Final = 20.0
"""Seconds until a message has come that has begun."""


class SocketConnection(WebSocketsSansIOProtocol):
    """A connection that is closed where a client does not end its message, as of many pieces.

    While the server reads nothing, for it has not answered the message before, no time passes.
    """

    _deadline: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        """Take what has come of a message."""
        super().data_received(data)
        self._wait_for_the_rest()

    def send_receive_event_to_app(self) -> None:
        """Pass on a message, all of which has come."""
        self._wait_no_longer()
        super().send_receive_event_to_app()

    async def receive(self) -> Any:
        """Wait for a message, and read on."""
        message = await super().receive()
        self._wait_for_the_rest()
        return message

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._wait_no_longer()

    def _wait_for_the_rest(self) -> None:
        has_begun = bool(self.frames or self.conn.reader.buffer)
        if self.read_paused or self.disconnected or not has_begun:
            self._wait_no_longer()
        elif self._deadline is None:
            self._deadline = self.loop.call_later(MESSAGE, self.transport.abort)

    def _wait_no_longer(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None
