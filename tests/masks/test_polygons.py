"""Filling of polygons, against matplotlib's test of points and COCO's own tools."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.path import Path as Outline
from pycocotools import mask as coco

from samtracker.masks.polygons import check_pixels, fill, polygon

SIZE = (40, 60)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in decode
@pytest.mark.parametrize("seed", range(8))
def test_a_pixel_is_inside_if_its_center_is(seed: int) -> None:
    rng = np.random.default_rng(seed)
    turn = np.sort(rng.uniform(0, 2 * np.pi, 12))  # a star around the middle crosses nothing
    radius = rng.uniform(5, 45, (12, 1))  # some corners lie outside
    corners = (30.0, 20.0) + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    centers = np.stack([x.ravel(), y.ravel()], axis=1)
    found = fill([polygon(corners)], SIZE)
    np.testing.assert_array_equal(found, Outline(corners).contains_points(centers).reshape(SIZE))
    (encoded,) = coco.frPyObjects([corners.ravel().tolist()], *SIZE)
    # COCO's tools round corners to a fifth of a pixel.
    assert np.count_nonzero(found ^ coco.decode(encoded).astype(bool)) < 0.1 * found.sum()


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in decode
def test_whole_pixels_are_those_of_coco() -> None:
    corners = [[3.0, 4.0], [20.0, 4.0], [20.0, 9.0], [12.0, 9.0], [12.0, 30.0], [3.0, 30.0]]
    (encoded,) = coco.frPyObjects([np.ravel(corners).tolist()], *SIZE)
    found = fill([polygon(corners)], SIZE)
    np.testing.assert_array_equal(found, coco.decode(encoded).astype(bool))
    assert found.sum() == 17 * 5 + 9 * 21


def test_neighbors_share_no_pixel_and_leave_no_gap() -> None:
    middle, rim = (30.3, 19.7), [(0, 0), (60, 0), (60, 40), (0, 40)]
    parts = [fill([polygon([middle, rim[k - 1], rim[k]])], SIZE) for k in range(4)]
    np.testing.assert_array_equal(np.sum(parts, axis=0), np.ones(SIZE))


def test_several_parts_and_a_hole_at_the_end_of_a_bridge() -> None:
    ring = [(0, 0), (10, 0), (10, 10), (0, 10), (0, 0), (3, 3), (3, 7), (7, 7), (7, 3), (3, 3)]
    square = [(20, 20), (22, 20), (22, 22), (20, 22)]
    found = fill([polygon(ring), polygon(square)], SIZE)
    wanted = np.zeros(SIZE, bool)
    wanted[:10, :10] = True
    wanted[3:7, 3:7] = False
    wanted[20:22, 20:22] = True
    np.testing.assert_array_equal(found, wanted)


def test_a_corner_may_be_there_twice() -> None:
    square = [(20, 20), (22, 20), (22, 20), (22, 22), (20, 22), (20, 22)]
    assert np.argwhere(fill([polygon(square)], SIZE)).tolist() == [
        [20, 20], [20, 21], [21, 20], [21, 21],
    ]  # fmt: skip


def test_what_leaves_the_frame_is_cut_off() -> None:
    around = [(-1000, -1000), (1000, -1000), (1000, 1000), (-1000, 1000)]
    assert fill([polygon(around)], SIZE).all()
    assert not fill([polygon([(-9, -9), (-1, -9), (-1, -1)])], SIZE).any()
    assert not fill([polygon([(100, 5), (200, 5), (150, 30)])], SIZE).any()


def test_corners_are_pairs_or_one_after_the_other() -> None:
    pairs = [[1.0, 2.0], [3.0, 4.0], [5.0, 7.0]]
    np.testing.assert_array_equal(polygon(pairs), pairs)
    np.testing.assert_array_equal(polygon([1, 2, 3, 4, 5, 7]), pairs)
    np.testing.assert_array_equal(
        polygon(pairs, scale=(2.0, 0.5)), [[2.0, 1.0], [6.0, 2.0], [10.0, 3.5]]
    )
    assert polygon([[-999_999, 0], [0, 0], [0, 999_999]]).min() == -999_999


@pytest.mark.parametrize(
    "corners",
    [[1, 2, 3, 4], [1, 2, 3, 4, 5, 6, 7], [[1, 2], [3, 4]], [[1, 2, 3]] * 3, [[[1, 2]]] * 3, 5, []],
    ids=str,
)
def test_what_is_no_list_of_corners_is_an_error(corners: object) -> None:
    with pytest.raises(ValueError, match="an outline is no list of x and y of three or more"):
        polygon(corners)


@pytest.mark.parametrize("far", [1e6, -1e6, float("nan"), float("inf"), None])
def test_corners_far_away_are_an_error(far: float | None) -> None:
    with pytest.raises(ValueError, match="an outline has corners far outside the picture"):
        polygon([0, 0, 5, 5, 5, far])


@pytest.mark.parametrize("size", [(1, 1), (2**14, 2**14), (1, 2**28)])
def test_a_picture_of_so_many_pixels_may_be_claimed(size: tuple[int, int]) -> None:
    check_pixels(size)


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-2, -2), (2**14, 2**14 + 1)])
def test_one_of_none_or_of_more_may_not(size: tuple[int, int]) -> None:
    height, width = size
    with pytest.raises(ValueError, match=f"a picture of {width}x{height} pixels is too large or"):
        check_pixels(size)
