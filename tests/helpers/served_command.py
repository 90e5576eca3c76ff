"""Running `samtrack serve` in this process until Ctrl-C."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable

import httpx

from tests.helpers.cli_tools import Finished, samtrack

PATIENCE = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def serve_until_ctrl_c(*options: str, visit: Callable[[str], object]) -> Finished:
    """Runs `samtrack serve`, visits the address once it is there, and presses Ctrl-C."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"

    def press() -> None:
        end = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < end:
                try:
                    httpx.get(address)
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            visit(address)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    visitor = threading.Thread(target=press)
    visitor.start()
    done = samtrack("serve", "--port", str(port), *options)
    visitor.join()
    return done
