"""How many threads torch computes with: sums are split among them, and so rounded differently."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from samtracker.config import MOST_THREADS
from samtracker.errors import ConfigError


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Compute with so many threads, until the end of the `with` block.

    Args:
        count: Number of threads.

    Raises:
        ConfigError: So many are not possible.
    """
    if not 1 <= count <= MOST_THREADS:
        raise ConfigError(
            f"threads={count} is not possible: the file that says so is damaged, start again"
        )
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
