"""How a picture has to be turned to be shown upright."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.sidedata.sidedata import Type

from samtracker.types import Frame

if TYPE_CHECKING:
    from av.sidedata.sidedata import SideData
    from av.video.frame import VideoFrame as Picture

Matrix = tuple[tuple[int, int], tuple[int, int]]

UPRIGHT: Matrix = ((1, 0), (0, 1))
KINDS = 64
"""Kinds of side data that FFmpeg may have; it has about half as many."""


def display_matrix(picture: Picture) -> Matrix:
    """Return the matrix (a b, c d) that maps a pixel (p, q) to (ap + cq, bp + dq), up to a factor.

    It comes from the display matrix of a container or from EXIF data; see libavutil/display.h.
    """
    try:
        side_data = picture.side_data
    except ValueError:  # PyAV 18 fails at kinds that it does not know, EXIF data among them
        side_data = _without(picture, _unknown_kinds()).side_data
    data = side_data.get("DISPLAYMATRIX")
    if data is None:
        return UPRIGHT
    (a, b, _), (c, d, _), _ = (
        np.frombuffer(bytes(cast("SideData", data)), np.int32).reshape(3, 3).tolist()
    )
    return (a, b), (c, d)


def is_turned(matrix: Matrix) -> bool:
    """Return whether rows of the stored picture become columns of the one that is shown."""
    (a, b), _ = matrix
    return abs(b) > abs(a)


def upright(image: Frame, matrix: Matrix) -> Frame:
    """Turn and flip an image; only quarter turns and flips are applied."""
    if matrix == UPRIGHT:
        return image
    (a, b), (c, d) = matrix
    across, down = (a, d)
    if is_turned(matrix):
        image = image.swapaxes(0, 1)
        across, down = (c, b)
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])


@cache
def _unknown_kinds() -> tuple[int, ...]:
    return tuple(sorted(set(range(KINDS)) - {kind.value for kind in Type}))


def _without(picture: Picture, kinds: tuple[int, ...]) -> Picture:
    """Return the picture without some kinds of side data; its pixels are not copied."""
    graph = av.filter.Graph()
    graph.link_nodes(
        graph.add_buffer(
            width=picture.width,
            height=picture.height,
            format=picture.format,
            time_base=picture.time_base,
        ),
        *(graph.add("sidedata", f"mode=delete:type={kind}") for kind in kinds),
        graph.add("buffersink"),
    ).configure()
    graph.vpush(picture)
    return graph.vpull()
