"""What is said where memory has run out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from samtracker.errors import OutOfMemoryError


@contextmanager
def within_memory() -> Iterator[None]:
    """Turn what torch and NumPy say where memory has run out into an error of ours.

    Raises:
        OutOfMemoryError: The device has no memory left for what is done inside.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        # On a CPU torch says it in a plain RuntimeError.
        told = isinstance(error, MemoryError | torch.OutOfMemoryError)
        if not told and "can't allocate memory" not in str(error):
            raise
        raise OutOfMemoryError(
            "out of memory: give a smaller size, track fewer objects or use the device cpu"
        ) from error
