"""A thread that works beside the tracker's."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


class Worker:
    """One thread, which makes the calls that it is given one after the other.

    It starts with the first call. What a call raises is raised by its future.

    Args:
        name: Name of the thread.
    """

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(1, name)
        self._begun = False

    def submit(self, call: Callable[[], Result]) -> Future[Result]:
        """Have a call made after those before it."""
        self._begun = True
        return self._pool.submit(call)

    def close(self, *, abandon: Callable[[], object]) -> None:
        """Wait until the calls are made and the thread has ended.

        That is waited for even at Ctrl-C: files must not be closed that are still in use.

        Args:
            abandon: Called at Ctrl-C, so that the calls to come do nothing.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed meanwhile.
        """
        interruption: KeyboardInterrupt | None = None
        # Not by joining: Python 3.11 takes a thread for ended where Ctrl-C comes between.
        last = self._pool.submit(lambda: None) if self._begun else None
        while last is not None:
            try:
                last.result()
                break
            except KeyboardInterrupt as pressed:
                interruption = pressed
                abandon()
        self._pool.shutdown()
        if interruption is not None:
            raise interruption
