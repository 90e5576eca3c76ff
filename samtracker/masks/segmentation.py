"""What COCO's files call the segmentation of an object."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samtracker.masks.outlines import joined, to_polygons
from samtracker.masks.run_lengths import encode


def to_segmentation(
    mask: NDArray[np.bool_], tolerance: float | None
) -> dict[str, Any] | list[list[float]]:
    """Return a mask as COCO has it: run lengths, or a polygon [x, y, x, y, ...] for each piece.

    Args:
        mask: Bool (H, W).
        tolerance: See `to_polygons`; None for run lengths, which are exact.
    """
    if tolerance is None:
        return encode(mask)
    pieces = to_polygons(mask, tolerance=tolerance)
    return [joined(piece).ravel().round(2).tolist() for piece in pieces]
