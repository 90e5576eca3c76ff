"""A web server on this machine that hands out a folder and counts what is asked of it."""

from __future__ import annotations

import os
import threading
from collections import Counter
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self


class WebServer:
    """Serves a folder at `url` while it is entered.

    Attributes:
        requests: how often each path was asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.requests: Counter[str] = Counter()
        requests = self.requests

        class Handler(SimpleHTTPRequestHandler):
            def do_GET(self) -> None:
                requests[self.path] += 1
                super().do_GET()

            def guess_type(self, path: str | os.PathLike[str]) -> str:
                playlist = str(path).endswith(".m3u8")
                return "application/vnd.apple.mpegurl" if playlist else super().guess_type(path)

            def log_message(self, *_: object) -> None:
                """Keeps the output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Of the folder, with a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_port}/"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Takes it off the net."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
