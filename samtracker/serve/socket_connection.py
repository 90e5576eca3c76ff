"""A connection of a WebSocket: how long is waited for the rest of a message."""

from __future__ import annotations

from typing import Any, Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from samtracker.serve.deadline import Deadline

MESSAGE: Final = 20.0
"""Seconds until a message has come that has begun."""


class SocketConnection(WebSocketsSansIOProtocol):
    """A connection that is closed where a client does not end its message, as of many pieces.

    While the server reads nothing, for it has not answered the message before, no time passes.
    """

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._deadline = Deadline()
        self._in_pieces = False

    def data_received(self, data: bytes) -> None:
        """Take what has come of a message."""
        super().data_received(data)
        self._wait_for_the_rest()

    def handle_text(self, event: Frame) -> None:
        """Take a text, or its first piece."""
        super().handle_text(event)
        self._note(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take bytes, or their first piece."""
        super().handle_bytes(event)
        self._note(event)

    def handle_cont(self, event: Frame) -> None:
        """Take another piece."""
        super().handle_cont(event)
        self._note(event)

    async def receive(self) -> Any:
        """Wait for a message, and read on."""
        message = await super().receive()
        self._wait_for_the_rest()
        return message

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        super().connection_lost(exc)
        self._deadline.drop()

    def _note(self, piece: Frame) -> None:
        self._in_pieces = not piece.fin
        if piece.fin:
            self._deadline.drop()

    def _wait_for_the_rest(self) -> None:
        has_begun = self._in_pieces or bool(self.conn.reader.buffer)
        if self.read_paused or self.transport.is_closing() or not has_begun:
            self._deadline.drop()
        elif not self._deadline.is_set:
            self._deadline.set(MESSAGE, self.transport)
