"""The largest object of each frame of a photo with many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from samtracker.data.clip import IGNORED, Clip
from samtracker.types import Frame


@dataclass(frozen=True)
class LargestObject:
    """A clip of which the object with the most pixels in a frame is object 1, and no other counts.

    Attributes:
        clip: What it is made from.
    """

    clip: Clip

    @property
    def name(self) -> str:
        """What the data set calls it."""
        return self.clip.name

    @property
    def merged(self) -> bool:
        """Whether all ids count as object 1: no, the others are background."""
        return False

    @property
    def object_ids(self) -> tuple[int, ...]:
        """The one id."""
        return (1,)

    @property
    def labeled(self) -> tuple[int, ...]:
        """Numbers of the frames that have a mask."""
        return self.clip.labeled

    def __len__(self) -> int:
        return len(self.clip)

    def frame(self, number: int) -> Frame:
        """Return a frame, RGB uint8 (H, W, 3); raises DatasetError where it cannot be read."""
        return self.clip.frame(number)

    def mask(self, number: int) -> NDArray[np.uint16]:
        """Return 1 where the object is, uint16 (H, W); raises DatasetError if it cannot be read."""
        ids = self.clip.mask(number)
        numbers, areas = np.unique(ids[(ids > 0) & (ids < IGNORED)], return_counts=True)
        largest = np.where(ids == IGNORED, IGNORED, 0).astype(np.uint16)
        if len(numbers):
            largest[ids == numbers[areas.argmax()]] = 1
        return largest

    def stem(self, number: int) -> str:
        """Return the name of a frame's files, without suffix."""
        return self.clip.stem(number)
