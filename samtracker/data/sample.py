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
        ids: uint8 (T, H, W): 0 is background, `MAIN` the object that the sample is about, and the
            numbers after it are others that are there as well.
        name: where it comes from, for people to read.
    """

    frames: NDArray[np.uint8]
    ids: NDArray[np.uint8]
    name: str


class Source(Protocol):
    """Makes samples; the same arguments make the same one."""

    def __len__(self) -> int:
        """How many places it has to begin a sample at."""

    def sample(self, index: int, length: int, rng: np.random.Generator) -> Sample:
        """Makes a sample at the raw size of the data.

        Args:
            index: where to begin, 0 to `len(self) - 1`.
            length: number of frames T.
            rng: all that is random comes from it.

        Raises:
            DatasetError: a file cannot be read, or no frame there shows an object.
        """
