"""Running `samtrack serve` in a process of its own until Ctrl-C."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from tests.helpers.cli_tools import Finished, start

PATIENCE = 60.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def serve_until_ctrl_c(*options: str, visit: Callable[[str], object]) -> Finished:
    """Runs `samtrack serve`, visits the address once it is there, and presses Ctrl-C."""
    port = free_port()
    address = f"http://127.0.0.1:{port}/"
    command = start("serve", "--port", str(port), *options, folder=Path.cwd())
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end and command.returncode is None:
            try:
                httpx.get(address)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        visit(address)
    finally:
        command.send_signal(signal.SIGINT)
        out, err = command.communicate()
    assert command.returncode is not None
    return Finished(command.returncode, out, err)
