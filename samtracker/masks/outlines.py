"""From a mask to the polygons around it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.masks.polygons import Polygon, fill

TOLERANCE: Final = 1.0
"""Pixels that the edge of a mask may be away from its outline, if nothing else is said."""

FAITHFUL: Final = 0.98
"""IoU of outline and mask, at least, whatever the tolerance."""

_CUT: Final = float(np.sqrt(0.125))
"""Pixels from the corner of a stair to the line through the middles of its edges."""

Piece = list[Polygon]
"""The outline of pixels that hang together, and of each hole in them."""


def to_polygons(mask: NDArray[np.bool_], *, tolerance: float = TOLERANCE) -> list[Piece]:
    """Return the outlines of a mask: its pieces, each an outer outline followed by its holes.

    What lies inside an outer outline and in no hole of it is the mask, by the rule of `fill`.
    Outer outlines go clockwise as seen in a picture, holes the other way round, as GeoJSON's
    MultiPolygon has them. Pixels that touch at a corner only are pieces of their own.

    Args:
        mask: Bool (H, W).
        tolerance: Pixels that the edge of the mask is away from an outline, at most; below 0.7
            nothing of the mask is lost. With 0 the outlines go along the edges of the pixels; so
            they do where an IoU of less than `FAITHFUL` would be left, as of a few pixels.

    Returns:
        Of each piece its outlines, corners (N, 2) as x, y in pixels, float64, N at least 3.
    """
    left, top, width, height = cv2.boundingRect(mask.view(np.uint8))
    if not width:
        return []
    inner = np.ascontiguousarray(mask[top : top + height, left : left + width])
    pieces = _pieces(inner)
    if tolerance > 0:
        simple = [[_simplified(ring, tolerance) for ring in piece] for piece in pieces]
        filled = fill([joined(piece) for piece in simple], inner.shape)
        common, either = np.count_nonzero(filled & inner), np.count_nonzero(filled | inner)
        pieces = simple if common >= FAITHFUL * either else pieces
    return [[ring + np.array([left, top]) for ring in piece] for piece in pieces]


def joined(rings: Iterable[Polygon]) -> Polygon:
    """Join outlines by bridges that are gone along twice, for formats that know one outline only.

    By the even-odd rule, what lies inside is that of all of them.

    Args:
        rings: Corners (N, 2) of each outline; at least one.

    Returns:
        Corners (N, 2) of the one outline.
    """
    first, *others = rings
    bridges = sorted((_bridge(first, ring) for ring in others), key=lambda bridge: bridge[0])
    parts = []
    at = 0
    for place, ring in bridges:
        parts += [first[at : place + 1], ring, ring[:1]]
        at = place
    return np.concatenate([*parts, first[at:]])


def _bridge(first: Polygon, ring: Polygon) -> tuple[int, Polygon]:
    """Return the corner of an outline that is near another one, which is made to begin there."""
    begin = _nearest(ring, first[_nearest(first, ring.mean(axis=0))])
    return _nearest(first, ring[begin]), np.roll(ring, -begin, axis=0)


def _nearest(corners: Polygon, point: NDArray[np.float64]) -> int:
    return int(((corners - point) ** 2).sum(axis=1).argmin())


def _pieces(mask: NDArray[np.bool_]) -> list[Piece]:
    """Return outlines along the edges of pixels."""
    _, labels = cv2.connectedComponents(mask.view(np.uint8), connectivity=4)
    outer: dict[int, Polygon] = {}
    holes: dict[int, list[Polygon]] = {}
    for ring in _rings(mask):
        # The first edge goes along a row, with the mask to its right.
        (x0, y0), (x1, _) = ring[:2].astype(int)
        label = int(labels[y0, x0] if x1 > x0 else labels[y0 - 1, x0 - 1])
        x, y = ring.T
        if x @ np.roll(y, -1) > y @ np.roll(x, -1):
            outer[label] = ring
        else:
            holes.setdefault(label, []).append(ring)
    return [[ring, *holes.get(label, ())] for label, ring in outer.items()]


def _rings(mask: NDArray[np.bool_]) -> list[Polygon]:
    """Return the closed lines along the edges of a mask, which lies to their right.

    Every line begins with an edge along a row; such edges and those along columns take turns.
    Where two pixels touch at a corner, a line turns right, so that it goes around one of them.
    """
    row, left, right, below = _runs(mask)
    column, upper, lower, east = _runs(mask.T)
    rows = np.where(below, left, right), row, np.where(below, right, left), row
    columns = column, np.where(east, lower, upper), column, np.where(east, upper, lower)
    to_column = _following(rows[2:], below, columns[:2], ~east)
    to_row = _following(columns[2:], east, rows[:2], below)
    following = to_row[to_column].tolist()
    rings = []
    done = [False] * len(following)
    for start in range(len(following)):
        tour = []
        at = start
        while not done[at]:
            done[at] = True
            tour.append(at)
            at = following[at]
        if tour:
            corners = np.stack([ends[tour] for ends in rows], axis=1)
            rings.append(corners.reshape(-1, 2).astype(np.float64))
    return rings


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[Any], ...]:
    """Return the longest edges along rows: y, x of both ends, and whether the mask lies below."""
    change = np.diff(np.pad(mask, 1).view(np.int8), axis=0)
    row, x = np.nonzero(np.diff(change, axis=1))
    before, after = change[row, x], change[row, x + 1]
    begins, ends = after != 0, before != 0
    return row[begins], x[begins], x[ends], after[begins] > 0


def _following(
    ends: tuple[NDArray[np.intp], ...],
    turn: NDArray[np.bool_],
    starts: tuple[NDArray[np.intp], ...],
    directions: NDArray[np.bool_],
) -> NDArray[np.intp]:
    """Return which edge follows each: of two that start where it ends, that to the right.

    Args:
        ends: X and y where the edges end.
        turn: Direction of what is to the right of each.
        starts: X and y where the others start.
        directions: Directions of those.
    """
    width = int(ends[0].max()) + 1
    keys = 2 * (starts[1] * width + starts[0]) + directions
    order = np.argsort(keys)
    wanted = 2 * (ends[1] * width + ends[0]) + turn
    found = np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)
    there = keys[order[found]] == wanted
    other = np.searchsorted(keys, wanted ^ 1, sorter=order).clip(max=len(keys) - 1)
    return order[np.where(there, found, other)]


def _simplified(ring: Polygon, tolerance: float) -> Polygon:
    """Return an outline with fewer corners; that of a few pixels as it is."""
    corners = ring
    if tolerance > _CUT:
        corners, tolerance = _smooth(ring), tolerance - _CUT
    found = cv2.approxPolyDP(corners.astype(np.float32), tolerance, closed=True)
    return ring if len(found) < 3 else found[:, 0].astype(np.float64)


def _smooth(ring: Polygon) -> Polygon:
    """Return a line through the middles of edges, with those corners that are no stairs."""
    step = np.roll(ring, -1, axis=0) - ring
    length = np.abs(step).sum(axis=1)
    half = step / (2 * length[:, None])
    is_corner = (length > 1) & (np.roll(length, 1) > 1)
    points = np.stack([ring, ring + half, ring + step - half], axis=1)
    smooth: Polygon = points[np.stack([is_corner, np.ones_like(is_corner), length > 1], axis=1)]
    return smooth
