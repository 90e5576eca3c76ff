"""What a network learns from at once: a few frames of some objects, and where they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

MAIN = 1
"""Number of the object that a sample is about."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A few objects over T frames.

    Attributes:
        frames: RGB uint8 (T, H, W, 3), in the order of time.
        ids: Where the objects are, uint8 (T, H, W): 0 is background, `MAIN` the object that the
            sample is about, and the numbers after it are others that are there as well.
        name: Where the sample comes from, for people to read.
    """

    frames: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    name: str


class SampleSource(Protocol):
    """Makes samples; equal arguments make equal samples."""

    def __len__(self) -> int:
        """Return the number of places where a sample can begin."""

    def sample(self, index: int, length: int, rng: np.random.Generator) -> Sample:
        """Make a sample at the raw size of the data.

        Args:
            index: Where the sample begins, 0 to `len(self) - 1`.
            length: Number of frames T.
            rng: Generator of every random choice.

        Raises:
            DatasetError: A file cannot be read, or no frame there shows an object.
        """
