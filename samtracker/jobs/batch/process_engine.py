"""A batch on a pool of processes, where Ray is not installed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from queue import SimpleQueue
from typing import Any, Final, Self

import cv2
import torch

from samtracker.errors import WorkerError
from samtracker.jobs.batch.engine import Steps
from samtracker.jobs.batch.row import BatchRow
from samtracker.jobs.batch.task import BatchTask, track_video

_START: Final = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
"""Processes are never forked from this one, whose threads they would lack."""

_PRELOADED: Final = ("__main__", __name__)
"""What the process has imported that the others are forked from."""

_NONE: Final = -1
"""Stands for no number."""


class ProcessEngine:
    """Runs tasks in processes of this machine.

    Each process is a pool of its own, so that one which dies takes no other video with it; it is
    made anew then. A thread for each waits for its results.

    Args:
        jobs: Number of processes.
        gpus: Names of GPUs as `CUDA_VISIBLE_DEVICES` has them, which the processes share; empty
            for a CPU.
    """

    name = "process pool"

    def __init__(self, *, jobs: int, gpus: Sequence[str] = ()) -> None:
        context = multiprocessing.get_context(_START)
        if _START == "forkserver":
            _start_fork_server(context)
        self._stopped = context.RawValue("b", 0)
        # Nothing is ever sent: the pipe ends with this process, or when it is closed here.
        alive, self._life = context.Pipe(duplex=False)
        self._slots = [
            _Slot(context, (self._stopped, alive), gpus[number % len(gpus)] if gpus else None)
            for number in range(jobs)
        ]
        self._free: SimpleQueue[_Slot] = SimpleQueue()
        for slot in self._slots:
            self._free.put(slot)
        self._threads = ThreadPoolExecutor(jobs, "samtrack-batch")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
        if exception[0] is not None:
            self._life.close()
        self._threads.shutdown(cancel_futures=True)
        for slot in self._slots:
            slot.close()
        self._life.close()

    def submit(self, number: int, task: BatchTask) -> Future[BatchRow]:
        """See `Engine`."""
        return self._threads.submit(self._run, number, task)

    def steps(self) -> Steps:
        """See `Engine`."""
        seen = [slot.seen for slot in self._slots]
        return {
            number: (done, None if total == _NONE else total)
            for number, done, total in seen
            if number != _NONE
        }

    def stop(self) -> None:
        """See `Engine`."""
        self._stopped.value = 1

    def _run(self, number: int, task: BatchTask) -> BatchRow:
        if self._stopped.value:
            return task.row
        slot = self._free.get()
        try:
            return slot.run(number, task)
        finally:
            self._free.put(slot)


class _Slot:
    """A place for one process."""

    def __init__(self, context: Any, shared: tuple[Any, Connection], gpu: str | None) -> None:
        self._context = context
        self._board = context.RawArray("q", (_NONE, 0, _NONE))
        self._begin = (*shared, self._board, gpu)
        self._pool: ProcessPoolExecutor | None = None

    @property
    def seen(self) -> tuple[int, int, int]:
        """Number of the task, and how many of its frames are done and will be."""
        number, done, total = self._board
        return number, done, total

    def run(self, number: int, task: BatchTask) -> BatchRow:
        """Run a task in the process, which starts with the first one.

        Raises:
            WorkerError: The process died.
        """
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                1, self._context, initializer=_begin, initargs=self._begin
            )
        self._board[:] = number, 0, _NONE
        try:
            return self._pool.submit(_run, task).result()
        except BrokenProcessPool as error:
            self.close()
            raise WorkerError("its process died, perhaps for lack of memory") from error
        finally:
            self._board[0] = _NONE

    def close(self) -> None:
        """End the process."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown()


def _start_fork_server(context: Any) -> None:
    """Start what processes are forked from; they know nothing of Ctrl-C from their beginning."""
    context.set_forkserver_preload(list(_PRELOADED))
    if threading.current_thread() is not threading.main_thread():  # others cannot ignore a signal
        return
    earlier = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, earlier)


_stopped: Any
"""In a worker: whether the user has stopped the batch."""

_board: Any
"""In a worker: its slot's."""


def _begin(stopped: Any, alive: Connection, board: Any, gpu: str | None) -> None:
    """Set up a process: Ctrl-C is for the one that began it, and its end is the end of this one."""
    global _stopped, _board
    _stopped, _board = stopped, board
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)  # what is to be said of a video is in its row
    for output in (1, 2):
        os.dup2(nowhere, output)
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu
    threading.Thread(target=_end_with, args=(alive,), daemon=True).start()


def _end_with(alive: Connection) -> None:
    """End this process when the other one ends: its job can go on, but not beside a new one."""
    wait([alive])
    os._exit(1)


def _run(task: BatchTask) -> BatchRow:
    cv2.setNumThreads(task.threads)
    return track_video(task, _report)


def _report(done: int, total: int | None) -> bool:
    _board[1:] = done, _NONE if total is None else total
    return not _stopped.value


def gpu_names() -> tuple[str, ...]:
    """Return the names of this machine's GPUs, as `CUDA_VISIBLE_DEVICES` has them."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    given = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return tuple(given[:count]) if given else tuple(map(str, range(count)))
