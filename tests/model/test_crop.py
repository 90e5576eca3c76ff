"""Windows: what they hold, how large they are, and cutting and pasting."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.model.crop import LADDER, Crop, bounds, crop_around, whole

limits = st.tuples(st.integers(4, 64), st.integers(4, 64))
shares = st.floats(0, 0.999)


@settings(max_examples=200, derandomize=True, deadline=None)
@given(limits, st.tuples(shares, shares, shares, shares), st.sampled_from([8, 16]), st.data())
def test_a_window_holds_the_mask_and_its_margin(
    limit: tuple[int, int],
    place: tuple[float, float, float, float],
    stride: int,
    data: st.DataObject,
) -> None:
    margin = data.draw(st.integers(8, 200), label="margin")
    scale = 16 // stride
    mask = torch.zeros(limit[0] * scale, limit[1] * scale)
    spans = [
        sorted((int(a * side), int(b * side)))
        for side, a, b in zip(mask.shape, place[:2], place[2:], strict=True)
    ]
    for row in spans[0]:
        for column in spans[1]:
            mask[row, column] = 1e-3
    crop = crop_around(mask, margin, stride)
    starts = crop.top, crop.left
    for side, first, length, (low, high) in zip(limit, starts, crop.size, spans, strict=True):
        inner = low / scale, (high + 1) / scale
        outer = inner[0] - margin / 16, inner[1] + margin / 16
        assert first >= 0
        assert first + length <= side
        fitting = [rung for rung in LADDER if outer[1] - outer[0] <= rung < side]
        assert length == (fitting[0] if fitting else side)
        assert first <= inner[0]
        assert inner[1] <= first + length
        # Windows start at whole cells, so the margin may be half a cell short.
        assert first == 0 or first - 0.5 <= outer[0]
        assert first + length == side or outer[1] <= first + length + 0.5
    assert crop.cut(mask, stride).count_nonzero() == mask.count_nonzero()


def test_a_window_is_centered() -> None:
    mask = torch.zeros(60, 80)
    mask[30:34, 40:42] = 1
    assert crop_around(mask, margin=96, stride=16) == Crop(24, 33, (16, 16))
    fine = mask.repeat_interleave(2, dim=0).repeat_interleave(2, dim=1)
    assert crop_around(fine, margin=96, stride=8) == Crop(24, 33, (16, 16))


@pytest.mark.parametrize("stride", [8, 16])
def test_without_a_mask_the_window_is_the_whole_map(stride: int) -> None:
    crop = crop_around(torch.zeros(30 * 16 // stride, 50 * 16 // stride), 96, stride)
    assert crop == whole(30, 50) == Crop(0, 0, (30, 50))


@settings(max_examples=50, derandomize=True, deadline=None)
@given(limits, st.tuples(shares, shares, shares, shares), st.sampled_from([16, 8, 4]))
def test_cut_and_paste(
    limit: tuple[int, int], place: tuple[float, float, float, float], stride: int
) -> None:
    (top, bottom), (left, right) = (
        sorted((int(a * side), int(b * side)))
        for side, a, b in zip(limit, place[:2], place[2:], strict=True)
    )
    crop = Crop(top, left, (bottom - top + 1, right - left + 1))
    scale = 16 // stride
    maps = torch.rand(3, limit[0] * scale, limit[1] * scale) + 1
    content = crop.cut(maps, stride)
    assert content.shape == (3, crop.size[0] * scale, crop.size[1] * scale)
    onto = torch.zeros_like(maps)
    crop.paste(content, onto, stride)
    assert torch.equal(crop.cut(onto, stride), content)
    assert onto.count_nonzero() == content.numel()
    assert torch.equal(onto[onto > 0], maps[onto > 0])


def test_a_cell_is_the_same_place_at_every_stride() -> None:
    crop = Crop(2, 3, (4, 5))
    coarse = torch.arange(80.0).view(8, 10)
    for stride in (16, 8, 4):
        scale = 16 // stride
        fine = coarse.repeat_interleave(scale, dim=0).repeat_interleave(scale, dim=1)
        assert torch.equal(crop.cut(fine, stride)[::scale, ::scale], coarse[2:6, 3:8])


@pytest.mark.parametrize(
    ("cell", "corner"),
    [((10, 20), (8, 17)), ((1, 2), (0, 0)), ((29, 39), (25, 33)), ((2, 36), (0, 33))],
)
def test_a_window_around_a_cell_stays_in_the_map(
    cell: tuple[int, int], corner: tuple[int, int]
) -> None:
    found = Crop(3, 4, (5, 7)).centered(*cell, limits=(30, 40))
    assert found == Crop(*corner, (5, 7))


def test_a_window_within_another_one() -> None:
    outer, inner = Crop(3, 4, (20, 30)), Crop(8, 10, (5, 6))
    maps = torch.rand(2, 40, 50)
    within = inner.within(outer)
    assert within == Crop(5, 6, (5, 6))
    assert torch.equal(within.cut(outer.cut(maps, 16), 16), inner.cut(maps, 16))


def test_the_bounds_of_windows() -> None:
    crops = [Crop(3, 9, (5, 6)), Crop(8, 4, (20, 30)), Crop(2, 12, (4, 40))]
    assert bounds(crops) == Crop(2, 4, (26, 48))
    assert bounds(crops[:1]) == crops[0]
