"""A training sample, a few frames of one object, and what makes such samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One object over T frames.

    Attributes:
        frames: RGB uint8 (T, H, W, 3), in the order of time.
        masks: Where the object is, bool (T, H, W).
        name: Where the sample comes from, for people to read.
    """

    frames: NDArray[np.uint8]
    masks: NDArray[np.bool_]
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
