"""Region similarity J and boundary accuracy F of masks, and what DAVIS reports of them.

All of them are those of Perazzi et al., A Benchmark Dataset and Evaluation Methodology for Video
Object Segmentation, CVPR 2016, and its code for DAVIS 2017.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Mask, mask_box

BOUNDARY_TOLERANCE = 0.008
"""Tolerance of F as a share of the frame's diagonal."""

RECALL_THRESHOLD = 0.5
"""A frame counts for the recall if its J or F is above it."""

_DECAY_BINS = 4


def region_similarity(prediction: Mask, truth: Mask) -> float:
    """Return J, the intersection over union of two masks; 1 where both are empty.

    Args:
        prediction: Bool (H, W).
        truth: Bool (H, W).

    Returns:
        J from 0 to 1.

    >>> a = np.array([[True, True, False]])
    >>> b = np.array([[False, True, True]])
    >>> round(region_similarity(a, b), 3)
    0.333
    >>> region_similarity(a & b & False, a & False)
    1.0
    """
    union = np.count_nonzero(prediction | truth)
    return float(np.count_nonzero(prediction & truth) / union) if union else 1.0


def boundary_accuracy(prediction: Mask, truth: Mask) -> float:
    """Return F, the harmonic mean of boundary precision and recall; 1 where both masks are empty.

    A boundary pixel counts as found when the other mask has one within 0.008 of the frame's
    diagonal, rounded up.

    Args:
        prediction: Bool (H, W).
        truth: Bool (H, W).

    Returns:
        F from 0 to 1.

    >>> a = np.zeros((8, 8), bool)
    >>> a[2:5, 2:5] = True
    >>> boundary_accuracy(a, a)
    1.0
    >>> boundary_accuracy(a, np.roll(a, 1, axis=1))  # within the tolerance of a pixel
    1.0
    >>> boundary_accuracy(a, a & False)
    0.0
    """
    radius = int(np.ceil(BOUNDARY_TOLERANCE * np.hypot(*truth.shape)))
    # Far from both masks there is no boundary; left and above it lies a pixel outside.
    box = mask_box(prediction | truth)
    if box is None:
        return 1.0
    left, top, right, bottom = (int(side) for side in box)
    part = slice(max(top - 1, 0), bottom + 1), slice(max(left - 1, 0), right + 1)
    ours, theirs = _boundary(prediction[part]), _boundary(truth[part])
    count_ours, count_theirs = np.count_nonzero(ours), np.count_nonzero(theirs)
    if not count_ours or not count_theirs:
        return float(count_ours == count_theirs)
    precision = np.count_nonzero(_near(theirs, radius)[ours]) / count_ours
    recall = np.count_nonzero(_near(ours, radius)[theirs]) / count_theirs
    return float(2 * precision * recall / (precision + recall)) if precision + recall else 0.0


def mean(values: Sequence[float]) -> float:
    """Return the mean over frames.

    >>> mean([0.25, 0.75])
    0.5
    """
    return float(np.mean(values))


def recall(values: Sequence[float]) -> float:
    """Return the share of frames above 0.5.

    >>> recall([0.2, 0.5, 0.6, 0.9])
    0.5
    """
    return float(np.mean(np.asarray(values) > RECALL_THRESHOLD))


def decay(values: Sequence[float]) -> float:
    """Return the mean over the first quarter of the frames less that over the last.

    A decay below 0 means that the tracker got better. Neighboring quarters share a frame.

    >>> round(decay([1.0, 1.0, 0.9, 0.7, 0.6, 0.6, 0.5, 0.5]), 3)
    0.433
    """
    ends = np.round(np.linspace(1, len(values), _DECAY_BINS + 1) + 1e-10).astype(int) - 1
    first, last = values[ends[0] : ends[1] + 1], values[ends[-2] : ends[-1] + 1]
    return float(np.mean(first) - np.mean(last))


def _boundary(mask: Mask) -> Mask:
    """Return where a pixel differs from its right, lower or lower right neighbor, (H, W)."""
    padded = np.pad(mask, ((0, 1), (0, 1)), mode="edge")
    here = padded[:-1, :-1]
    edge: Mask = (here != padded[:-1, 1:]) | (here != padded[1:, :-1]) | (here != padded[1:, 1:])
    return edge


def _near(pixels: Mask, radius: int) -> Mask:
    """Return where a pixel lies within a distance of one of the given ones, (H, W)."""
    distance = cv2.distanceTransform(
        np.logical_not(pixels).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )
    # Squares of distances are whole numbers; half of one keeps clear of rounding.
    near: NDArray[np.bool_] = distance <= np.sqrt(radius**2 + 0.5)
    return near
