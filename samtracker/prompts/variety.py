"""An order of candidates in which those that are worth a choice come first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from samtracker.types import Candidate, Mask

ALIKE: Final = 0.85
"""IoU from which on two masks are about the same."""


def varied(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield candidates in their order, but those that are like one before them at the end.

    Of equal ones there is one. None is asked for before it is needed.
    """
    kept: list[Mask] = []
    alike: list[Candidate] = []
    for item in candidates:
        if all(_iou(item.mask, mask) <= ALIKE for mask in kept):
            kept.append(item.mask)
            yield item
        elif not any(np.array_equal(item.mask, mask) for mask in (*kept, *(a.mask for a in alike))):
            alike.append(item)
    yield from alike


def _iou(one: Mask, other: Mask) -> float:
    union = np.count_nonzero(one | other)
    return np.count_nonzero(one & other) / union if union else 1.0
