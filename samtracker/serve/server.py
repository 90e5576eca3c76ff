"""The server, which runs until it is told to stop."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack
from dataclasses import replace
from typing import Final, Self

import uvicorn

from samtracker.errors import ConfigError
from samtracker.serve.app import build_app
from samtracker.serve.child import prepare
from samtracker.serve.config import ServeConfig
from samtracker.serve.connection import Connection
from samtracker.serve.socket_connection import SocketConnection
from samtracker.serve.source import SharedSource
from samtracker.serve.state_folder import state_folder
from samtracker.tracker import Tracker

LARGEST_MESSAGE: Final = 4 * 2**20
"""Bytes of a message of a WebSocket, at most: a frame of a camera."""

CONNECTIONS: Final = 40
"""Requests and sockets that each session may have open at once, on average."""

EVERYWHERE: Final = ("0.0.0.0", "::")
"""Hosts that stand for all addresses of this machine, and are none to open."""


class Server:
    """Serves the page.

    Args:
        config: Settings; a port of 0 becomes one that is free.
        tracker: A tracker without a stream, whose network and settings all sessions have.

    Attributes:
        config: The settings, with the port and a token where one is needed.

    Raises:
        ConfigError: The server cannot listen there, or another one has its state.
        VideoError: The source cannot be opened.
    """

    def __init__(self, config: ServeConfig, tracker: Tracker) -> None:
        self._socket = _listen(config)
        prepare()
        self._closing = ExitStack()
        try:
            folder = self._closing.enter_context(state_folder(config.state))
            source = None if config.source is None else SharedSource(config.source)
            if source is not None:
                self._closing.callback(source.close)
        except BaseException:
            self._closing.close()
            self._socket.close()
            raise
        self.config = replace(config.with_token(), port=self._socket.getsockname()[1])
        settings = uvicorn.Config(
            build_app(self.config, tracker, folder, source),
            log_config=None,
            access_log=False,
            server_header=False,
            http=Connection,
            ws=SocketConnection,
            ws_max_size=LARGEST_MESSAGE,
            ws_per_message_deflate=False,  # pictures become no smaller by it
            ws_ping_interval=20.0,
            ws_ping_timeout=20.0,
            timeout_keep_alive=15,
            timeout_graceful_shutdown=3,
            limit_concurrency=CONNECTIONS * config.max_sessions,
        )
        self._server = uvicorn.Server(settings)
        self._thread = threading.Thread(target=self.run, name="samtrack serve")

    @property
    def address(self) -> str:
        """Where the page is, without the token; that of the proxy where there is one."""
        if self.config.url is not None:
            return f"{self.config.url.removesuffix('/')}/"
        host = self.config.host
        if host in EVERYWHERE:
            host = _own_address(self._socket.family)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.config.port}/"

    @property
    def link(self) -> str:
        """What to open in a browser, with the token if there is one."""
        token = self.config.token
        return self.address if token is None else f"{self.address}?token={token}"

    def run(self) -> None:
        """Serve until `stop` is called, or until Ctrl-C in the main thread."""
        with self._closing:
            self._server.run([self._socket])

    def stop(self) -> None:
        """Ask the server to end."""
        self._server.should_exit = True

    def __enter__(self) -> Self:
        """Serve in a thread of its own."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._thread.join()


def _own_address(family: socket.AddressFamily | int) -> str:
    """Return the address from which this machine reaches others, or its name where it does not."""
    elsewhere = "2001:db8::1" if family == socket.AF_INET6 else "192.0.2.1"  # of documentation
    with socket.socket(family, socket.SOCK_DGRAM) as made:
        try:
            made.connect((elsewhere, 9))  # which sends nothing
        except OSError:
            return socket.gethostname()
        return str(made.getsockname()[0])


def _listen(config: ServeConfig) -> socket.socket:
    try:
        found = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)
        family, *_, place = found[0]
        made = socket.socket(family, socket.SOCK_STREAM)
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(place)
            made.listen()
        except BaseException:
            made.close()
            raise
    except OSError as error:
        raise ConfigError(
            f"host={config.host} and port={config.port} cannot be listened on "
            f"({error.strerror}): give others"
        ) from error
    return made
