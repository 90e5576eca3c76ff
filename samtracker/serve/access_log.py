"""A line in the log for each request and WebSocket."""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from samtracker.serve.access import ASSETS
from samtracker.serve.log import note, session_id
from samtracker.serve.requests import cookie_of


class AccessLog:
    """Notes what is asked of an application, and how that ends.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note it when it has its answer."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        begin, status, received, sent = time.perf_counter(), 0, 0, 0
        failure: Exception | None = None

        async def receiving() -> Message:
            nonlocal received
            message = await receive()
            received += _size(message)
            return message

        async def sending(message: Message) -> None:
            nonlocal status, sent
            status = status or _status(message)
            sent += _size(message)
            await send(message)

        try:
            await self._app(scope, receiving, sending)
        except Exception as error:
            failure, status = error, status or 500
            raise
        finally:
            note(
                "request" if scope["type"] == "http" else "socket",
                level=logging.INFO if failure is None else logging.ERROR,
                error=failure,
                session=_session(scope),
                method=scope.get("method"),
                route=_route(scope),
                status=status or None,
                ms=round(1000 * (time.perf_counter() - begin), 1),
                received=received,
                sent=sent,
            )


def _session(scope: Scope) -> str | None:
    connection = HTTPConnection(scope)
    secret = connection.cookies.get(cookie_of(connection))
    return None if secret is None else session_id(secret)


def _route(scope: Scope) -> str | None:
    """Return what a request's path is one of; None of one that leads nowhere."""
    if scope["path"].startswith(ASSETS):
        return f"{ASSETS}{{file}}"
    path: str | None = getattr(scope.get("route"), "path", None)
    return path


def _size(message: Message) -> int:
    content: Any = message.get("body") or message.get("bytes") or message.get("text") or b""
    return len(content)


def _status(message: Message) -> int:
    """Return the status that a message is the first to tell; 0 where it tells none."""
    if message["type"] == "websocket.accept":
        return 101
    if message["type"] == "websocket.close":
        return 403
    return int(message.get("status", 0))
