"""Outlines of masks: filled again, and against COCO's own tools."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pycocotools import mask as coco

from samtracker.masks.outlines import joined, to_polygons
from samtracker.masks.polygons import fill

masks = arrays(np.bool_, st.tuples(st.integers(1, 12), st.integers(1, 12)))
quick = settings(max_examples=60, derandomize=True, deadline=None)


def blob(seed: int, size: tuple[int, int] = (120, 160)) -> NDArray[np.bool_]:
    """Smooth shapes with holes, some of them cut by the border."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]] / 6
    waves = [
        np.sin(a * x + b * y + c)
        for a, b, c in zip(*rng.uniform(-1, 1, (2, 4)), rng.uniform(0, 6, 4), strict=True)
    ]
    mask: NDArray[np.bool_] = np.sum(waves, axis=0) > -0.2
    return mask


def filled(pieces: list[list[NDArray[np.float64]]], size: tuple[int, ...]) -> NDArray[np.bool_]:
    return fill([joined(piece) for piece in pieces], size)


def iou(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    common, either = (int(np.count_nonzero(mask)) for mask in (one & other, one | other))
    return common / max(either, 1)


@quick
@given(mask=masks)
def test_along_the_pixels_nothing_is_lost(mask: NDArray[np.bool_]) -> None:
    pieces = to_polygons(mask, tolerance=0)
    np.testing.assert_array_equal(filled(pieces, mask.shape), mask)
    for piece in pieces:
        assert all((ring == np.round(ring)).all() for ring in piece)
        areas = [_area(ring) for ring in piece]
        assert areas[0] > 0
        assert all(area < 0 for area in areas[1:])  # the outer one goes clockwise, holes do not
    assert sum(_area(ring) for piece in pieces for ring in piece) == np.count_nonzero(mask)


def _area(ring: NDArray[np.float64]) -> float:
    x, y = ring.T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) / 2


@quick
@given(mask=masks, tolerance=st.floats(0, 3))
def test_iou_and_tolerance_are_kept(mask: NDArray[np.bool_], tolerance: float) -> None:
    pieces = to_polygons(mask, tolerance=tolerance)
    kept = iou(filled(pieces, mask.shape), mask)
    assert kept >= (1 if tolerance < 0.7 else 0.98) or not mask.any()
    for piece, exact in zip(pieces, to_polygons(mask, tolerance=0), strict=True):
        for ring, edge in zip(piece, exact, strict=True):
            assert _distance(edge, ring) <= max(tolerance, 1e-6)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in decode
@pytest.mark.parametrize("seed", [0, 5, 9])
def test_large_shapes_have_few_corners_that_other_tools_fill_alike(seed: int) -> None:
    mask = blob(seed)
    exact, pieces = to_polygons(mask, tolerance=0), to_polygons(mask)
    assert len(exact) > 2
    assert sum(len(piece) for piece in exact) > len(exact)  # there are holes
    assert _count(pieces) < _count(exact) / 3
    assert iou(filled(pieces, mask.shape), mask) >= 0.98
    rings = [joined(piece).ravel().tolist() for piece in pieces]
    encoded = coco.merge(coco.frPyObjects(rings, *mask.shape))
    assert iou(coco.decode(encoded).astype(bool), mask) >= 0.98
    for piece, edges in zip(pieces, exact, strict=True):
        for ring, edge in zip(piece, edges, strict=True):
            assert _distance(edge, ring) <= 1


def test_a_frame_within_a_frame_has_a_piece_within_a_hole() -> None:
    mask = np.zeros((9, 9), bool)
    mask[1:8, 1:8] = True
    mask[2:7, 2:7] = False
    mask[4, 4] = True
    frame, dot = to_polygons(mask, tolerance=0)
    assert [ring.tolist() for ring in frame] == [
        [[1, 1], [8, 1], [8, 8], [1, 8]],
        [[7, 2], [2, 2], [2, 7], [7, 7]],
    ]
    assert [ring.tolist() for ring in dot] == [[[4, 4], [5, 4], [5, 5], [4, 5]]]
    assert to_polygons(np.zeros((3, 3), bool)) == []


def test_thin_rectangles_keep_their_corners() -> None:
    mask = np.zeros((40, 40), bool)
    mask[3:5, 4:34] = mask[7:37, 8:10] = True
    assert [[ring.tolist() for ring in piece] for piece in to_polygons(mask)] == [
        [[[4, 3], [34, 3], [34, 5], [4, 5]]],
        [[[8, 7], [10, 7], [10, 37], [8, 37]]],
    ]


def test_what_a_tolerance_would_spoil_is_left_as_it_is() -> None:
    cross = np.zeros((11, 11), bool)
    cross[1:10, 4:7] = cross[4:7, 1:10] = True
    ((ring,),) = to_polygons(cross, tolerance=3)
    ((exact,),) = to_polygons(cross, tolerance=0)
    assert ring.tolist() == exact.tolist()
    assert len(ring) == 12


def test_a_bridge_joins_the_nearest_corners() -> None:
    outer = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], float)
    hole = np.array([[6, 6], [6, 8], [8, 8], [8, 6]], float)
    assert joined([outer, hole]).astype(int).tolist() == [
        *([0, 0], [10, 0], [10, 10], [8, 8], [8, 6], [6, 6], [6, 8], [8, 8]),
        *([10, 10], [0, 10]),
    ]


def test_outlines_joined_by_bridges_are_filled_as_all_of_them() -> None:
    mask = blob(1)
    pieces = to_polygons(mask)
    assert len(pieces) > 1
    one = joined([ring for piece in pieces for ring in piece])
    np.testing.assert_array_equal(fill([one], mask.shape), filled(pieces, mask.shape))


def _count(pieces: list[list[NDArray[np.float64]]]) -> int:
    return sum(len(ring) for piece in pieces for ring in piece)


def _distance(points: NDArray[np.float64], ring: NDArray[np.float64]) -> float:
    """The largest distance of points from a closed line."""
    step = np.roll(ring, -1, axis=0) - ring
    away = points[:, None] - ring
    share = (away * step).sum(axis=2) / np.maximum((step**2).sum(axis=1), 1e-12)
    rest = away - share.clip(0, 1)[..., None] * step
    return float(np.hypot(*np.moveaxis(rest, 2, 0)).min(axis=1).max())
