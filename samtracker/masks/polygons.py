"""Polygons, and the pixels inside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Polygon = NDArray[np.float64]
"""Corners (N, 2) as x, y in pixels; the last one is joined to the first."""

MOST_PIXELS = 2**28
"""Largest picture whose size a file may claim."""

_FARTHEST = 1e6  # pixels from the frame


def check_pixels(size: tuple[int, int]) -> None:
    """Check that a file claims no picture that would fill the memory.

    Raises:
        ValueError: It does, or the picture has no pixels.
    """
    height, width = size
    if not (height > 0 and width > 0 and height * width <= MOST_PIXELS):
        raise ValueError(f"a picture of {width}x{height} pixels is too large or too small")


def polygon(corners: Any, scale: tuple[float, float] = (1.0, 1.0)) -> Polygon:
    """Read corners that somebody wrote down.

    Args:
        corners: [[x, y], ...] or [x, y, x, y, ...], at least three of them.
        scale: Factors (x, y) to frame pixels.

    Raises:
        ValueError: It is none.
    """
    given = np.asarray(corners, np.float64)
    if given.ndim == 1 and given.size % 2 == 0:
        given = given.reshape(-1, 2)
    if given.ndim != 2 or given.shape[1] != 2 or len(given) < 3:
        raise ValueError("an outline is no list of x and y of three or more corners")
    if not (np.abs(given) < _FARTHEST).all():  # NaN is not either
        raise ValueError("an outline has corners far outside the picture")
    return given * scale


def fill(polygons: Iterable[Polygon], size: tuple[int, ...]) -> NDArray[np.bool_]:
    """Return what lies inside any of some polygons, bool (H, W).

    A pixel belongs to a polygon if its center lies inside, by the even-odd rule, as COCO's tools
    have it: polygons that share an edge share no pixel and leave no gap, and a hole is reached by
    a bridge that is gone along twice. What leaves the frame is cut off.
    """
    mask = np.zeros(size, bool)
    for corners in polygons:
        _fill(corners, mask)
    return mask


def _fill(corners: Polygon, mask: NDArray[np.bool_]) -> None:
    """Add a polygon to a mask."""
    height, width = mask.shape
    # Pixels up to here have their centers left of, or above, a coordinate.
    (left, first), (right, last) = (
        np.clip(np.ceil(corners.min(axis=0) - 0.5), 0, (width, height)).astype(int),
        np.clip(np.ceil(corners.max(axis=0) - 0.5), 0, (width, height)).astype(int),
    )
    (x0, y0), (x1, y1) = corners.T, np.roll(corners, -1, axis=0).T
    # Rows whose centers lie between the ends; a corner belongs to the edge below it.
    top, bottom = (
        np.clip(np.ceil(y - 0.5), 0, height).astype(int)
        for y in (np.minimum(y0, y1), np.maximum(y0, y1))
    )
    count = bottom - top
    edge = np.repeat(np.arange(len(corners)), count)
    rows = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + top[edge]
    with np.errstate(divide="ignore", invalid="ignore"):  # level edges cross no row
        slope = (x1 - x0) / (y1 - y0)
    crossings = x0[edge] + (rows + 0.5 - y0[edge]) * slope[edge]
    columns = np.clip(np.ceil(crossings - 0.5), left, right).astype(int) - left
    shape = (last - first, right - left + 1)
    cells = (rows - first) * shape[1] + columns
    toggles = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape) % 2 == 1
    mask[first:last, left:right] |= np.logical_xor.accumulate(toggles, axis=1)[:, :-1]
