"""Masks as run lengths: small to keep, to send and to draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from samtracker.masks.run_lengths import from_runs, to_runs
from samtracker.types import Box, Mask, Size, mask_box


@dataclass(frozen=True)
class RunLengths:
    """A mask as the lengths of its runs inside its bounding box.

    Attributes:
        size: (H, W) of the mask.
        box: Bounding box in pixels; None of an empty mask.
        runs: Lengths in row order of what is in the box, first that of what is not in the mask;
            uint32.
    """

    size: Size
    box: Box | None
    runs: NDArray[np.uint32]

    @classmethod
    def of(cls, mask: Mask) -> Self:
        """Encode a mask.

        >>> RunLengths.of(np.array([[False, True, True], [False, True, False]])).runs.tolist()
        [0, 3, 1]
        """
        size, box = (mask.shape[0], mask.shape[1]), mask_box(mask)
        if box is None:
            return cls(size, None, np.zeros(0, np.uint32))
        x1, y1, x2, y2 = (int(side) for side in box)
        return cls(size, box, to_runs(mask[y1:y2, x1:x2].ravel()))

    def decode(self) -> Mask:
        """Return the mask, bool (H, W)."""
        mask = np.zeros(self.size, bool)
        if self.box is not None:
            x1, y1, x2, y2 = (int(side) for side in self.box)
            mask[y1:y2, x1:x2] = from_runs(self.runs).reshape(y2 - y1, x2 - x1)
        return mask

    def less(self, taken: Mask) -> Self:
        """Return it without the pixels of another mask."""
        mask = self.decode()
        return self if not (mask & taken).any() else type(self).of(mask & ~taken)

    def to_json(self) -> dict[str, Any]:
        """Return it as it is sent: the box as x, y, width and height."""
        if self.box is None:
            return {"box": None, "runs": []}
        x1, y1, x2, y2 = (int(side) for side in self.box)
        return {"box": [x1, y1, x2 - x1, y2 - y1], "runs": self.runs.tolist()}
