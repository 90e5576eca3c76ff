"""Objects that somebody marked in a frame, before any of them is tracked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from samtracker.errors import PromptError
from samtracker.types import IdMap, Mask, Size

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, kw_only=True)
class FirstObjects:
    """Where the objects are, and what they are called.

    Attributes:
        ids: Ids of the objects, integers (H, W) at the size of the frame; 0 is background.
        names: Names by id, of those that have one.
    """

    ids: IdMap
    names: dict[int, str] = field(default_factory=dict)

    def masks(self, limit: int | None = None) -> dict[int, Mask]:
        """Return the masks by object id, in the order of the ids; disjoint, none of them empty.

        Args:
            limit: How many objects there may be; None for any number.

        Raises:
            PromptError: There are more.
        """
        numbers = np.flatnonzero(np.bincount(self.ids.ravel()))
        numbers = numbers[numbers > 0]
        check_count(len(numbers), limit)
        return {int(number): self.ids == number for number in numbers}


def check_count(count: int, limit: int | None) -> None:
    """Check that there are not too many objects to start; each takes time and memory.

    Raises:
        PromptError: There are.
    """
    if limit is not None and count > limit:
        raise PromptError(
            f"{count} objects are more than max_objects={limit}: mark fewer, or give a larger "
            "max_objects=... and much time"
        )


def check_aspect(own: Size, frame: Size, name: str) -> None:
    """Check that a mask has the aspect ratio of the frame, within rounding.

    Args:
        own: (H, W) of the mask.
        frame: (H, W) of the frame.
        name: What the mask is called in messages.

    Raises:
        PromptError: It has another.
    """
    (rows, columns), (height, width) = own, frame
    if abs(columns - rows * width / height) > max(1.0, 0.01 * columns):
        raise PromptError(
            f"{name} is {columns}x{rows} pixels but the frame is {width}x{height}, "
            f"another aspect ratio: draw the mask on a frame of this video ({width}x{height})"
        )


def resize(ids: NDArray[Scalar], size: Size) -> NDArray[Scalar]:
    """Resize (H, W) by the nearest neighbor of pixel centers."""
    (rows, columns), (height, width) = ids.shape, size
    row = (2 * np.arange(height) + 1) * rows // (2 * height)
    column = (2 * np.arange(width) + 1) * columns // (2 * width)
    return ids[np.ix_(row, column)]
