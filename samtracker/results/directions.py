"""What two directions of tracking found, as one: which of them an object's mask is taken from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samtracker.types import TrackedObject, mask_box

HYSTERESIS: Final = 5.0
"""Sum of scores, 0 to 1 in each frame, that a change of the direction must gain."""

AGING: Final = 0.05
"""What a score loses from one prompt to the next: masks get worse with time, and do not tell."""


def take_backward(forward: NDArray[np.float64], backward: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Choose between two directions for each frame between two prompts.

    They are chosen for the largest sum of scores (Viterbi's algorithm), from forward at the first
    prompt to backward at the second: each change costs `HYSTERESIS`, so that there is one unless
    each direction is plainly better for some time beyond it.

    Args:
        forward: Scores (n,) of an object in the forward pass, 0 to 1; NaN where it is not there.
        backward: Scores (n,) in the backward pass.

    Returns:
        Bool (n,), True for backward.
    """
    scores = np.nan_to_num(np.stack([forward, backward], axis=1), nan=-1.0)
    way = (np.arange(len(scores)) + 1) / (len(scores) + 1)
    scores -= AGING * np.stack([way, 1 - way], axis=1)
    best = np.array([0.0, -np.inf])
    came_from = []
    for score in scores:
        changed = best[::-1] - HYSTERESIS
        came_from.append(np.where(changed > best, (1, 0), (0, 1)))
        best = np.maximum(best, changed) + score
    chosen = int(best[1] > best[0] - HYSTERESIS)
    directions = np.zeros(len(scores), np.bool_)
    for place in reversed(range(len(scores))):
        directions[place] = chosen
        chosen = came_from[place][chosen]
    return directions


def take_apart(items: Sequence[TrackedObject]) -> tuple[TrackedObject, ...]:
    """Give each pixel to one object, the surest one that claims it.

    Args:
        items: Objects in one frame, in the order of their ids; of equally sure ones the first
            claims first.

    Returns:
        The same objects with masks that do not overlap.
    """
    apart: dict[int, TrackedObject] = {}
    for item in sorted(items, key=lambda item: item.score, reverse=True):
        mask = item.mask
        for other in apart.values():
            mask = mask & ~other.mask
        same = np.array_equal(mask, item.mask)
        apart[item.id] = item if same else replace(item, mask=mask, box=mask_box(mask))
    return tuple(apart[item.id] for item in items)
