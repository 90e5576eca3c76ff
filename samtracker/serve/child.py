"""A process with limited memory, for work on what strangers have sent."""

from __future__ import annotations

import json
import logging
import multiprocessing
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from samtracker import errors
from samtracker.errors import SamTrackerError, VideoError
from samtracker.types import Frame

Read = TypeVar("Read")

MEMORY: Final = 3 * 2**30
"""Bytes that a process may take."""

PATIENCE: Final = 30.0
"""Seconds that a process may work until it says something."""

SECONDS: Final = 3600
"""Seconds of computing after which a process is ended whatever it says."""

PRELOADED: Final = (
    "__main__",
    "samtracker.serve.exports",
    "samtracker.serve.guarded_pictures",
    "samtracker.serve.guarded_reader",
)
"""What the process has imported that the others are forked from."""

if sys.platform == "win32":
    _PROCESSES = multiprocessing.get_context("spawn")
else:
    _PROCESSES = multiprocessing.get_context("forkserver")


def prepare() -> None:
    """Begin to import what the processes need, so that the first one starts quickly as well."""
    if sys.platform != "win32":
        _PROCESSES.set_forkserver_preload(list(PRELOADED))
        forkserver.ensure_running()


class Child:
    """A process that sends messages until its work is done; a picture may follow a message.

    The work may wait for bytes that it is sent.

    It has no state of the server, may take `memory`, and is ended where it says nothing for
    `patience`. It starts quickly: a process that has imported everything is there to fork from.

    Args:
        work: Function of a module, which is given its `Parent` and the arguments.
        arguments: What it is given.
        name: What the user calls what it works on.
        path: The file that this is, whose path errors do not have; None for none.
        memory: Bytes that it may take.
        patience: Seconds that it may work until it says something.
        seconds: Seconds of computing after which it is ended; None where only `patience` counts.
    """

    def __init__(
        self,
        work: Callable[..., None],
        *arguments: object,
        name: str,
        path: Path | None = None,
        memory: int = MEMORY,
        patience: float = PATIENCE,
        seconds: int | None = SECONDS,
    ) -> None:
        prepare()
        self._path, self._name, self._patience = path, name, patience
        self._pipe, end = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(
            target=_run, args=(end, (memory, seconds), work, *arguments), daemon=True
        )
        self._process.start()
        end.close()

    @property
    def has_ended(self) -> bool:
        """Whether nothing will come of it any more: it took too much, or was closed."""
        return self._pipe.closed

    def send_bytes(self, content: bytes) -> None:
        """Send bytes, for which the work waits.

        Raises:
            VideoError: The process is gone.
        """
        try:
            self._pipe.send_bytes(content)
        except OSError:
            raise self._given_up() from None

    def receive(self) -> dict[str, Any]:
        """Return the next message; `{}` where the work is done.

        Raises:
            SamTrackerError: What the work has raised.
            VideoError: The process took too much memory or time.
        """
        message: dict[str, Any] = json.loads(self._read(self._pipe.recv_bytes))
        if "error" in message:
            text = message["text"]
            if self._path is not None:
                text = text.replace(str(self._path), self._name)
            raise getattr(errors, message["error"])(text)
        return message

    def receive_picture(self) -> tuple[dict[str, Any], Frame | None]:
        """Return the next message and the picture that follows it; `({}, None)` at the end.

        The picture is an array of uint8.

        Raises:
            SamTrackerError: See `receive`.
        """
        message = self.receive()
        if not message:
            return message, None
        picture = np.empty(message.pop("shape"), np.uint8)
        self._read(partial(self._pipe.recv_bytes_into, picture.data.cast("B")))
        return message, picture

    def close(self) -> None:
        """End the process, whatever it does."""
        self._pipe.close()
        self._process.kill()
        self._process.join()

    def _read(self, read: Callable[[], Read]) -> Read:
        try:
            if self._pipe.poll(self._patience):
                return read()
        except (EOFError, OSError):
            pass
        raise self._given_up()

    def _given_up(self) -> VideoError:
        self.close()
        return VideoError(f"'{self._name}' takes too much memory or time to read: make it smaller")


class Parent:
    """Whom the work in a process sends its messages."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def send(self, **message: Any) -> None:
        """Send a message."""
        self._pipe.send_bytes(json.dumps(message).encode())

    def send_error(self, error: SamTrackerError) -> None:
        """Send an error, which is raised where it is received."""
        self.send(error=type(error).__name__, text=str(error))

    def send_picture(self, picture: Frame, **message: Any) -> None:
        """Send a message and a picture, an array of uint8."""
        self.send(**message, shape=picture.shape)
        self._pipe.send_bytes(np.ascontiguousarray(picture).data.cast("B"))

    def receive_bytes(self) -> bytes:
        """Wait for bytes; where none can come any more the process ends."""
        return self._pipe.recv_bytes()


def _run(
    pipe: Connection, limits: tuple[int, int | None], work: Callable[..., None], *arguments: object
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which ends its children
    logging.disable()  # what is said of a file names it, and the log of the server is without that
    parent = Parent(pipe)
    with suppress(BrokenPipeError, ConnectionResetError, EOFError):
        try:
            _limit(*limits)
            work(parent, *arguments)
            parent.send()
        except SamTrackerError as error:
            parent.send_error(error)
        except MemoryError:
            pass  # the end without a message says it


def _limit(memory: int, seconds: int | None) -> None:
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
