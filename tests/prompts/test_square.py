"""Squares of frames: where they lie, what they show, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.prompts.square import PADDING, SIDE, SMALLEST, Square

sides = st.floats(1, 300)


@settings(max_examples=100, derandomize=True, deadline=None)
@given(
    st.tuples(st.floats(-50, 300), st.floats(-50, 300)),
    st.tuples(sides, sides),
    st.floats(1, 3),
    st.lists(st.tuples(st.floats(-100, 500), st.floats(-100, 500)), max_size=3),
)
def test_a_square_holds_its_box_and_the_points(
    corner: tuple[float, float],
    size: tuple[float, float],
    margin: float,
    points: list[tuple[float, float]],
) -> None:
    (x, y), (width, height) = corner, size
    square = Square.around((x, y, x + width, y + height), margin, inside=points)
    corners = square.to_input([(x, y), (x + width, y + height), *points])
    assert corners.min() >= -1e-6
    assert corners.max() <= SIDE + 1e-6
    middle = square.to_input((x + width / 2, y + height / 2))
    np.testing.assert_allclose(middle, SIDE / 2, atol=1e-6)
    assert square.side >= max(width, height, SMALLEST) * margin - 1e-6
    if not points:
        assert square.side == pytest.approx(max(width, height, SMALLEST) * margin)


def test_a_square_at_its_own_scale_is_cut_out() -> None:
    frame = np.random.default_rng(0).integers(0, 256, (500, 600, 3)).astype(np.uint8)
    square = Square(left=100.0, top=50.0, side=float(SIDE))
    assert square.scale == 1
    assert np.array_equal(square.cut(frame), frame[50 : 50 + SIDE, 100 : 100 + SIDE])


def test_beyond_the_frame_there_is_gray() -> None:
    frame = np.full((100, 100, 3), 200, np.uint8)
    view = Square(left=-96.0, top=-192.0, side=float(SIDE)).cut(frame)
    inside = np.zeros((SIDE, SIDE), np.bool_)
    inside[192:292, 96:196] = True
    assert (view[inside] == 200).all()
    assert (view[~inside] == PADDING).all()


@pytest.mark.parametrize("factor", [2, 3])
def test_a_smaller_view_is_the_mean_not_a_sample(factor: int) -> None:
    # Stripes of a pixel: single samples of them would be black or white.
    frame = np.zeros((SIDE * factor, SIDE * factor, 3), np.uint8)
    frame[:, ::2] = 200
    view = Square(left=0.0, top=0.0, side=float(SIDE * factor)).cut(frame)
    assert np.abs(view[8:-8, 8:-8].astype(float) - 100).max() < 45


def test_masks_are_shares_of_cells() -> None:
    mask = np.zeros((500, 600), np.bool_)
    mask[50:62, 100:110] = True
    cells = Square(left=100.0, top=50.0, side=float(SIDE)).cut_mask(mask, SIDE // 4)
    wanted = np.zeros((SIDE // 4, SIDE // 4), np.float32)
    wanted[:3, :2] = 1
    wanted[:3, 2] = 0.5
    np.testing.assert_allclose(cells, wanted, atol=1e-6)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(-60, 120), st.integers(-60, 120), st.integers(60, 300))
def test_logits_come_back_to_where_they_were(left: int, top: int, side: int) -> None:
    # A plane stays a plane under any affine map.
    square = Square(left=float(left), top=float(top), side=float(side))
    cells = SIDE // 4
    size = 150, 170
    middles = (np.arange(cells) + 0.5) * side / cells
    plane = (0.02 * (left + middles) + 0.01 * (top + middles)[:, None]).astype(np.float32)
    back = square.restore(plane, size)
    assert back.shape == size
    rows, columns = np.indices(size) + 0.5
    edge = side / cells
    deep = (
        (columns > left + edge)
        & (columns < left + side - edge)
        & (rows > top + edge)
        & (rows < top + side - edge)
    )
    np.testing.assert_allclose(back[deep], (0.02 * columns + 0.01 * rows)[deep], atol=2e-2)
    outside = (
        (columns < left - edge)
        | (columns > left + side + edge)
        | (rows < top - edge)
        | (rows > top + side + edge)
    )
    assert (back[outside] == -10).all()


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.integers(0, 90), st.integers(0, 110), st.integers(20, 60), st.integers(20, 60))
def test_a_mask_survives_the_way_there_and_back(
    top: int, left: int, height: int, width: int
) -> None:
    mask = np.zeros((150, 170), np.bool_)
    mask[top : top + height, left : left + width] = True
    square = Square.around((left, top, left + width, top + height), 1.5)
    shares = square.cut_mask(mask, SIDE // 4)
    back = square.restore(shares - 0.5, (150, 170)) > 0
    # Cells are no larger than a frame's pixels here: only corners may be rounded.
    assert np.count_nonzero(back != mask) <= 4
