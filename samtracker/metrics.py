"""Region similarity J and boundary accuracy F of a predicted mask, as DAVIS defines them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Mask

BOUNDARY_TOLERANCE = 0.008
"""Tolerance of F, as a share of the frame's diagonal."""


def region_similarity(prediction: Mask, truth: Mask) -> float:
    """J: intersection over union; 1 where both masks are empty.

    >>> a = np.array([[True, True, False]])
    >>> b = np.array([[False, True, True]])
    >>> round(region_similarity(a, b), 3)
    0.333
    """
    union = np.count_nonzero(prediction | truth)
    return float(np.count_nonzero(prediction & truth) / union) if union else 1.0


def boundary_accuracy(prediction: Mask, truth: Mask) -> float:
    """F: harmonic mean of boundary precision and recall.

    A boundary pixel counts as found when the other mask has one within 0.008 of the diagonal
    (Perazzi et al., A Benchmark Dataset and Evaluation Methodology for VOS, CVPR 2016).

    >>> a = np.zeros((8, 8), bool)
    >>> a[2:5, 2:5] = True
    >>> boundary_accuracy(a, a)
    1.0
    """
    radius = int(np.ceil(BOUNDARY_TOLERANCE * np.hypot(*truth.shape)))
    grid = np.arange(-radius, radius + 1)
    disk = (grid[:, None] ** 2 + grid**2 <= radius**2).astype(np.uint8)
    ours, theirs = _boundary(prediction), _boundary(truth)
    count_ours, count_theirs = np.count_nonzero(ours), np.count_nonzero(theirs)
    if not count_ours or not count_theirs:
        return float(count_ours == count_theirs)
    precision = np.count_nonzero(ours[cv2.dilate(theirs, disk) > 0]) / count_ours
    recall = np.count_nonzero(theirs[cv2.dilate(ours, disk) > 0]) / count_theirs
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def _boundary(mask: Mask) -> NDArray[np.uint8]:
    """uint8 (H, W): 1 where a pixel differs from its right, lower or lower right neighbour."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    here = padded[:-1, :-1]
    edge: Mask = (here != padded[:-1, 1:]) | (here != padded[1:, :-1]) | (here != padded[1:, 1:])
    return edge.astype(np.uint8)
