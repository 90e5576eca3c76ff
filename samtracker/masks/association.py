"""Which of some masks or boxes are the same objects as some others."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray


def associate(scores: ArrayLike, *, least: float) -> dict[int, int]:
    """Pair what is most alike, the best pair first; nothing is in two pairs.

    Args:
        scores: How alike each of some things (rows) and each of some others (columns) are, such
            as their IoU.
        least: Below this, two things are no pair.

    Returns:
        Column by row.

    >>> associate([[0.9, 0.8], [0.85, 0.1], [0.0, 0.0]], least=0.5)
    {0: 0}
    >>> associate([[0.9, 0.8], [0.95, 0.1]], least=0.5)
    {1: 0, 0: 1}
    """
    left = np.array(scores, np.float64)
    pairs: dict[int, int] = {}
    while left.size:
        row, column = (int(at) for at in np.unravel_index(left.argmax(), left.shape))
        if not left[row, column] >= least:
            break
        pairs[row] = column
        left[row] = left[:, column] = -np.inf
    return pairs


def mask_ious(
    masks: list[NDArray[np.bool_]], others: list[NDArray[np.bool_]]
) -> NDArray[np.float64]:
    """Return the IoU of each mask with each other one, float64 (masks, others)."""
    ious = np.zeros((len(masks), len(others)))
    for row, mask in enumerate(masks):
        for column, other in enumerate(others):
            common, either = (int(np.count_nonzero(m)) for m in (mask & other, mask | other))
            ious[row, column] = common / max(either, 1)
    return ious


def box_ious(boxes: ArrayLike, others: ArrayLike) -> NDArray[np.float64]:
    """Return the IoU of each box (x1, y1, x2, y2) with each other one, float64 (boxes, others).

    >>> box_ious([[0, 0, 2, 2]], [[1, 0, 3, 2], [2, 2, 3, 3]]).round(3).tolist()
    [[0.333, 0.0]]
    """
    one = np.asarray(boxes, np.float64).reshape(-1, 1, 4)
    two = np.asarray(others, np.float64).reshape(1, -1, 4)
    sides = np.minimum(one[..., 2:], two[..., 2:]) - np.maximum(one[..., :2], two[..., :2])
    common = sides.clip(min=0).prod(axis=2)
    areas = [(item[..., 2:] - item[..., :2]).prod(axis=2) for item in (one, two)]
    ious: NDArray[np.float64] = common / np.maximum(areas[0] + areas[1] - common, 1e-9)
    return ious
