"""What runs the jobs of a batch: the contract of the process pool and of Ray."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Protocol, Self

from samtracker.jobs.batch.row import BatchRow
from samtracker.jobs.batch.task import BatchTask

Steps = dict[int, tuple[int, int | None]]
"""Number of a task to how many frames are tracked, and how many there will be."""


class Engine(Protocol):
    """Runs tasks in processes of this machine or of others; a context manager, which ends them.

    Attributes:
        name: What it is, in words.
    """

    name: str

    def submit(self, number: int, task: BatchTask) -> Future[BatchRow]:
        """Have a video tracked; the future raises only where its worker is lost."""
        ...

    def steps(self) -> Steps:
        """Return how far the tasks are that have begun."""
        ...

    def stop(self) -> None:
        """Have the running tasks end early and the waiting ones never begin."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *exception: object) -> None: ...
