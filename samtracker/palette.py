"""The colors of objects: the PASCAL VOC color map, which DAVIS uses as well."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray


def palette_color(object_id: int) -> tuple[int, int, int]:
    """Return the color of an object: red, green, blue, 0 to 255.

    The bits of the id go in turn to red, green and blue, and fill each of them from its highest
    bit down, so that neighboring ids look different and no two ids share a color.
    Source: `VOClabelcolormap.m` of the PASCAL VOC development kit,
    http://host.robots.ox.ac.uk/pascal/VOC/voc2012/#devkit.

    >>> [palette_color(i) for i in (0, 1, 2, 3)]
    [(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)]
    """
    red = green = blue = 0
    for bit in range(8):
        triple = object_id >> 3 * bit
        red |= (triple & 1) << 7 - bit
        green |= (triple >> 1 & 1) << 7 - bit
        blue |= (triple >> 2 & 1) << 7 - bit
    return red, green, blue


PALETTE: Final[NDArray[np.uint8]] = np.array([palette_color(i) for i in range(256)], np.uint8)
"""The colors of the ids 0 to 255: uint8 (256, 3)."""
