"""The threads that compute, in which all sessions take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from typing import Final, TypeVar

import torch

from samtracker.backends.backend import JoiningBackend
from samtracker.backends.joint_backend import JointBackend
from samtracker.backends.runtime import Runtime
from samtracker.errors import ConfigError

Result = TypeVar("Result")

MOST_WAITING: Final = 16
"""Calls of one session that may wait."""


class Compute:
    """Makes the calls of all sessions.

    A session waits for each of its calls before the next (`SessionCalls`), and so has one in the
    queue at most: the queue is a round in which all sessions that want to compute have an equal
    part.

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


class SessionCalls:
    """Makes the calls of one session, one after the other.

    Args:
        compute: Makes those of all sessions.
    """

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._turn = asyncio.Lock()
        self._waiting = 0

    @property
    def are_waiting(self) -> bool:
        """Whether there are calls that wait, or one that is being made."""
        return self._waiting > 0

    async def run(self, call: Callable[[], Result]) -> Result:
        """Make a call in a thread that computes, after the session's others.

        Raises:
            ConfigError: Too many of them are waiting.
        """
        if self._waiting >= MOST_WAITING:
            raise ConfigError("too many requests at once: wait for the answers to earlier ones")
        self._waiting += 1
        try:
            async with self._turn:
                return await self._compute.run(call)
        finally:
            self._waiting -= 1
