"""Processes of their own that have everything imported already, which takes seconds otherwise.

They are forked from one that has done nothing else, `multiprocessing`'s fork server.
"""

from __future__ import annotations

import fcntl
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TextIO, TypeVar

import pytest

ROOT = Path(__file__).parents[2]

Value = TypeVar("Value")

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.helpers.everything"])

PATIENCE = 120.0
"""Seconds."""

ENOUGH = 2**20
"""Bytes that a process may write before anyone reads them."""


def started() -> None:
    """Has the fork server run; it finds modules as `PYTHONPATH` says."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT))
        forkserver.ensure_running()


def apart(function: Callable[..., Value], *arguments: Any) -> Value:
    """What a function of a module returns in a process of its own."""
    started()
    with ProcessPoolExecutor(1, CONTEXT) as pool:
        return pool.submit(function, *arguments).result(PATIENCE)


def forked(*calls: tuple[Any, ...]) -> list[int | None]:
    """The exit codes of processes, each of which calls a function of a module with arguments."""
    started()
    processes = [CONTEXT.Process(target=function, args=rest) for function, *rest in calls]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    return [process.exitcode for process in processes]


class Command:
    """A samtrack command in a process of its own, with what tests use of `Popen`."""

    def __init__(self, arguments: list[str], folder: Path) -> None:
        started()
        (out, out_end), (err, err_end) = (CONTEXT.Pipe(duplex=False) for _ in range(2))
        environment = dict(os.environ)
        self._process = CONTEXT.Process(
            target=_become, args=(arguments, folder, environment, out_end, err_end)
        )
        self._process.start()
        for end in (out_end, err_end):
            fcntl.fcntl(end.fileno(), fcntl.F_SETPIPE_SZ, ENOUGH)
            end.close()
        self.stdout, self.stderr = _text_of(out), _text_of(err)

    @property
    def pid(self) -> int:
        """Its number."""
        assert self._process.pid is not None
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative the signal that ended it; None while it runs."""
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Sends it a signal if it still runs."""
        if self.returncode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = PATIENCE) -> tuple[str, str]:
        """What it says until its end on standard output and error.

        Raises:
            TimeoutError: it still runs.
        """
        self._process.join(timeout)
        if self.returncode is None:
            raise TimeoutError(f"process {self.pid} has not ended in {timeout} s")
        with self.stdout, self.stderr:
            return self.stdout.read(), self.stderr.read()


def _text_of(pipe: Connection) -> TextIO:
    """The text that comes out of a pipe."""
    with pipe:
        return os.fdopen(os.dup(pipe.fileno()), encoding="utf-8")


def _become(
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    out: Connection,
    err: Connection,
) -> None:
    """Be that command, in that folder and with those surroundings."""
    from samtracker.cli import main

    for number, pipe in ((1, out), (2, err)):
        os.dup2(pipe.fileno(), number)
        pipe.close()
    sys.stdout, sys.stderr = os.fdopen(1, "w"), os.fdopen(2, "w", buffering=1)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a program in the background has none
    main(arguments, prog_name="samtrack")
