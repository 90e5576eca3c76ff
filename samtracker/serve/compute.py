"""The threads that compute, in which all sessions take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import torch

from samtracker.backends.backend import JoiningBackend
from samtracker.backends.joint_backend import JointBackend
from samtracker.backends.runtime import Runtime

Result = TypeVar("Result")


class Compute:
    """Makes the calls of all sessions.

    A session waits for each of its calls before the next, and so has one in the queue at most: the
    queue is a round in which all sessions that want to compute have an equal part.

    Where the backend can join them, as many calls as torch has threads are made at once, and their
    frames and objects computed together; elsewhere they are made one after the other.

    Args:
        runtime: Of all sessions' trackers.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._call: Callable[[], AbstractContextManager[None]] = nullcontext
        at_once = 1
        if isinstance(runtime.backend, JoiningBackend):
            runtime.backend = joint = JointBackend(runtime.backend, runtime.turn)
            self._call, at_once = joint.call, torch.get_num_threads()
        self._pool = ThreadPoolExecutor(at_once, "samtrack compute")

    async def run(self, call: Callable[[], Result]) -> Result:
        """Make a call when it is its turn, and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._make, call)

    def _make(self, call: Callable[[], Result]) -> Result:
        with self._call():
            return call()

    def close(self) -> None:
        """Wait for those that are being made; the ones behind it are not."""
        self._pool.shutdown(cancel_futures=True)
