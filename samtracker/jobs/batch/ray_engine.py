"""A batch on Ray: on this machine, or on the nodes of a cluster."""

from __future__ import annotations

import logging
import os
import socket
import time
from concurrent.futures import Future
from importlib import import_module
from typing import Any, Final, Self

from samtracker.backends.choice import missing
from samtracker.errors import ConfigError
from samtracker.jobs.batch.engine import Steps
from samtracker.jobs.batch.row import BatchRow
from samtracker.jobs.batch.task import BatchTask, track_video

_INTERVAL: Final = 0.5
"""Seconds between two reports of a task."""

_PATIENCE: Final = 10.0
"""Seconds until a cluster has answered."""


class RayEngine:
    """Runs tasks on Ray, each with cores and a share of a GPU.

    Ray places them, and replaces workers and nodes that are lost.

    Args:
        threads: Cores that a task takes.
        jobs: Number of tasks at once, where Ray is started here.
        gpu_share: Share of a GPU that a task takes, 0 for a CPU.
        address: Address of a cluster, "auto" or "ray://...": None to start Ray here.

    Raises:
        ConfigError: Ray is not installed, or there is no such cluster.
    """

    def __init__(
        self,
        *,
        threads: int = 1,
        jobs: int | None = None,
        gpu_share: float = 0.0,
        address: str | None = None,
    ) -> None:
        if missing(("ray",)):
            raise ConfigError("Ray is not installed: pip install 'samtracker[batch]'")
        if address is not None and address != "auto":
            _reach(address)
        # Else tasks without a GPU see none only after a warning that this will change.
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
        ray: Any = import_module("ray")
        local = {} if address else {"num_cpus": threads * (jobs or os.cpu_count() or 1)}
        try:
            ray.init(address or "local", log_to_driver=False, logging_level=logging.ERROR, **local)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"address={address!r} is of no cluster of Ray: {reason}") from error
        self.name = f"Ray {ray.__version__}" + (f" at {address}" if address else "")
        # It is somewhere else again if its node is lost, and takes no core.
        self._board = ray.remote(num_cpus=0, max_restarts=-1)(_Board).remote()
        # A lost worker is an attempt, which is counted where all attempts are.
        self._track = ray.remote(num_cpus=threads, num_gpus=gpu_share, max_retries=0)(_run)
        self._running: set[Any] = set()
        self._ray = ray

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def submit(self, number: int, task: BatchTask) -> Future[BatchRow]:
        """See `Engine`."""
        reference = self._track.remote(number, task, self._board)
        self._running.add(reference)
        future: Future[BatchRow] = reference.future()
        future.add_done_callback(lambda _: self._running.discard(reference))
        return future

    def steps(self) -> Steps:
        """See `Engine`."""
        try:
            steps: Steps = self._ray.get(self._board.read.remote(), timeout=_INTERVAL)
        except self._ray.exceptions.RayError:  # its node is lost, or has no time
            return {}
        return steps

    def stop(self) -> None:
        """See `Engine`."""
        for reference in tuple(self._running):
            self._ray.cancel(reference)


def _reach(address: str) -> None:
    """Ask whether anyone listens, which Ray itself does for minutes.

    Raises:
        ConfigError: Nobody does.
    """
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"address={address!r} is of no cluster of Ray ({error}): give auto, HOST:PORT or "
            "ray://HOST:PORT"
        ) from error


class _Board:
    """How far the tasks are: an actor that they report to."""

    def __init__(self) -> None:
        self._steps: Steps = {}

    def post(self, number: int, done: int, total: int | None) -> None:
        self._steps[number] = done, total

    def close(self, number: int) -> None:
        self._steps.pop(number, None)

    def read(self) -> Steps:
        return self._steps


def _run(number: int, task: BatchTask, board: Any) -> BatchRow:
    import cv2

    cv2.setNumThreads(task.threads)
    due = 0.0

    def report(done: int, total: int | None) -> bool:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _INTERVAL
            board.post.remote(number, done, total)
        return True

    try:
        return track_video(task, report)
    finally:
        board.close.remote(number)
