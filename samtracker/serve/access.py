"""Who may talk to the server: Host, Origin and token are checked before anything else is done.

- Host: a page of somebody else whose name is made to lead here (DNS rebinding) has a name that is
  not ours. Addresses cannot be rebound.
- Origin: a page of somebody else that sends requests here names itself in it.
- Token: known to whoever saw what the server printed; the browser keeps it in a cookie that no
  script can read and no other site can make it send.

What is longer or slower than any honest request is not read, except for uploads, which are counted
where they are received.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from samtracker.serve.config import ServeConfig
from samtracker.serve.connection import impatient

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
        "connect-src 'self'; media-src 'self' blob:; form-action 'none'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer."""

LONGEST_BODY: Final = 64 * 2**10
"""Bytes of a request that is no upload."""

ASSETS: Final = "/page/"
"""What lies here is the same for everybody, and needs no token."""

WEEK: Final = 7 * 86400
"""Seconds that a browser keeps the token and its session."""


class Guard:
    """Lets requests through to an application that come from where they should.

    Args:
        app: The application.
        config: Settings of the server.
    """

    def __init__(self, app: ASGIApp, config: ServeConfig) -> None:
        self._app = app
        self._token = config.token
        self._names = {"localhost", config.host.lower(), socket.gethostname().lower()}
        self._cookie = f"samtrack-token-{config.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        answer = self._answer(connection)
        if answer is None:
            if scope["type"] == "http" and scope["method"] != "PUT":
                receive = impatient(receive)
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            await answer(scope, receive, _with_headers(send))

    def _answer(self, connection: HTTPConnection) -> Response | None:
        """Return the answer to a request that is not passed on."""
        host = connection.headers.get("host", "")
        if not self._is_ours(host):
            return _refused(403, "this server is not reached by that name: use its address")
        origin = connection.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return _refused(403, "a page of another site may not use this server")
        if connection.scope["type"] == "http" and connection.scope["method"] != "PUT":
            refusal = _too_long(connection)
            if refusal is not None:
                return refusal
        if self._token is None or connection.url.path.startswith(ASSETS):
            return None
        return self._answer_to_stranger(connection, self._token)

    def _answer_to_stranger(self, connection: HTTPConnection, token: str) -> Response | None:
        """Return the answer to whoever does not know the token, or has just been given it."""
        bearer = connection.headers.get("authorization", "").removeprefix("Bearer ")
        kept = connection.cookies.get(self._cookie, "")
        if connection.url.path == "/" and "token" in connection.query_params:
            if _is_same(connection.query_params["token"], token):
                answer = RedirectResponse("/", 303)
                answer.set_cookie(
                    self._cookie, token, max_age=WEEK, httponly=True, samesite="strict"
                )
                return answer
        elif _is_same(bearer, token) or _is_same(kept, token):
            return None
        elif connection.url.path == "/":
            reason = "This server wants its token: open the whole address that it printed.\n"
            return PlainTextResponse(reason, 401)
        return _refused(401, "the token is missing or wrong: open the address that was printed")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _too_long(connection: HTTPConnection) -> Response | None:
    """Refuse a body that is no upload and yet long, or does not say how long it is."""
    length = connection.headers.get("content-length", "0")
    if "transfer-encoding" in connection.headers or not length.isdecimal():
        return _refused(411, "the length of the request is missing")
    return _refused(413, "the request is too long") if int(length) > LONGEST_BODY else None


def _is_same(given: str, token: str) -> bool:
    """Compare in a time that tells nothing of the token."""
    return hmac.compare_digest(given.encode(), token.encode())


def _refused(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            if not _cached(message):
                headers["Cache-Control"] = "no-store"
        await send(message)

    return sending


def _cached(message: Message) -> bool:
    names: Iterable[bytes] = (name.lower() for name, _ in message.get("headers", ()))
    return b"cache-control" in names
