"""A stroke of a brush, which paints a mask by hand."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from samtracker.types import Mask, Size


def paint_stroke(path: Sequence[tuple[float, float]], radius: int, size: Size) -> Mask:
    """Paint along a path with a round brush.

    Args:
        path: Places x, y in pixels, at least one.
        radius: Radius of the brush in pixels.
        size: (H, W) of the frame.

    Returns:
        What the brush touched, bool (H, W).
    """
    painted = np.zeros(size, np.uint8)
    places = np.array(path).round().astype(np.int32)
    cv2.polylines(painted, [places], isClosed=False, color=1, thickness=2 * radius + 1)
    for x, y in places[[0, -1]].tolist():
        cv2.circle(painted, (x, y), radius, 1, cv2.FILLED)
    return painted > 0
