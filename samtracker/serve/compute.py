"""The one thread that computes, in which all sessions take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Compute:
    """Makes the calls of all sessions one after the other.

    A session waits for each of its calls before the next, and so has one in the queue at most: the
    queue is a round in which all sessions that want to compute have an equal part.

    Steps of several sessions do not become one batch: `Runtime` encodes a frame at a time, and that
    is most of a step.
    """

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, "samtrack compute")

    async def run(self, call: Callable[[], Result]) -> Result:
        """Make a call when it is its turn, and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, call)

    def close(self) -> None:
        """Wait for the call that is being made; those behind it are not made."""
        self._pool.shutdown(cancel_futures=True)
