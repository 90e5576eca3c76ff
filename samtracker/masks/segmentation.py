"""What COCO's files call the segmentation of an object."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from samtracker.masks.outlines import joined, to_polygons
from samtracker.masks.polygons import fill, polygon
from samtracker.masks.run_lengths import decode, encode


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


def from_segmentation(segmentation: Any, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the mask of run lengths or polygons.

    Args:
        segmentation: As `to_segmentation` returns it.
        size: (H, W) of the picture.

    Raises:
        ValueError: It is damaged or of another size, as with LookupError and TypeError.
    """
    if not isinstance(segmentation, dict):
        return fill([polygon(corners) for corners in segmentation], size)
    mask = decode(segmentation)
    if mask.shape != size:
        rows, columns = mask.shape
        raise ValueError(f"a mask has {columns}x{rows} pixels, its picture {size[1]}x{size[0]}")
    return mask
