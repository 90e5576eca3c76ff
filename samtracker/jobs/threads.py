"""How many threads torch computes with: sums are split among them, and so rounded differently."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from samtracker.errors import ConfigError

MOST: Final = 1024
"""More than any machine has cores for; a program that starts far more of them is ended."""


@contextmanager
def torch_threads(count: int) -> Iterator[None]:
    """Compute with as many threads as something was made with, until the end of the `with` block.

    Args:
        count: Number of threads.

    Raises:
        ConfigError: Nothing can have been made with so many.
    """
    if not 1 <= count <= MOST:
        raise ConfigError(
            f"threads={count} is not possible: the file that says so is damaged, start again"
        )
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
