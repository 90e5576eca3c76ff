"""Who may talk to the server: Host, Origin and token are checked before anything else is done.

- Host: a page of somebody else whose name is made to lead here (DNS rebinding) has a name that is
  not ours. Addresses cannot be rebound.
- Origin: a page of somebody else that sends requests here names itself in it. Ours names the host
  that it was asked for, or where there is a proxy the one that browsers ask.
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

from samtracker.serve.config import ServeConfig, origin_of
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

UPLOADS: Final = ("/api/clip", "/api/project")
"""Where the body of a PUT is one; how long it may be and take is seen to where it is received."""

PAGE: Final = "/"
ASSETS: Final = "/page/"
"""The page itself, and what it loads, are the same for everybody and need no token.

A browser that follows a link from elsewhere does not send a strict cookie along, but the page that
it gets does.
"""

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
        self._origin = None if config.url is None else origin_of(config.url.removesuffix("/"))
        self._names = {"localhost", config.host.lower(), socket.gethostname().lower()}
        if self._origin is not None:
            self._names.add(self._origin[1])
        self._cookie = f"samtrack-token-{config.port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        answer = self._answer(connection)
        if answer is None:
            if scope["type"] == "http" and not _is_upload(scope):
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
        if origin is not None and not self._is_own(origin, host):
            return _refused(403, "a page of another site may not use this server")
        if connection.scope["type"] == "http" and not _is_upload(connection.scope):
            refusal = _too_long(connection)
            if refusal is not None:
                return refusal
        if self._token is None or connection.url.path.startswith(ASSETS):
            return None
        if connection.url.path == PAGE:
            return self._answer_to_link(connection, self._token)
        return self._answer_to_stranger(connection, self._token)

    def _answer_to_stranger(self, connection: HTTPConnection, token: str) -> Response | None:
        """Return the answer to whoever does not know the token."""
        bearer = connection.headers.get("authorization", "").removeprefix("Bearer ")
        kept = connection.cookies.get(self._cookie, "")
        if _is_same(bearer, token) or _is_same(kept, token):
            return None
        return _refused(401, "the token is missing or wrong: open the address that was printed")

    def _answer_to_link(self, connection: HTTPConnection, token: str) -> Response | None:
        """Return the answer to whoever opens the page with a token, which the browser keeps."""
        if "token" not in connection.query_params:
            return None
        if not _is_same(connection.query_params["token"], token):
            reason = "This server wants its token: open the whole address that it printed.\n"
            return PlainTextResponse(reason, 401)
        answer = RedirectResponse(PAGE, 303)
        set_cookie(answer, connection, self._cookie, token)
        return answer

    def _is_own(self, origin: str, host: str) -> bool:
        given = origin_of(origin)
        return given is not None and given in (self._origin, origin_of(f"{given[0]}://{host}"))

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


def set_cookie(answer: Response, connection: HTTPConnection, name: str, secret: str) -> None:
    """Have a browser keep a secret that no script can read and no other site can make it send."""
    secure = connection.url.scheme == "https"  # as a proxy on this machine says
    answer.set_cookie(name, secret, WEEK, httponly=True, samesite="strict", secure=secure)


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "PUT" and scope["path"] in UPLOADS


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
