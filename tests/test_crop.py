"""Windows: what they hold, how large they are, and cutting and pasting."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.model.crop import LADDER, Crop, crop_around, whole

EXAMPLES = settings(max_examples=200, derandomize=True, deadline=None)

limits = st.tuples(st.integers(4, 64), st.integers(4, 64))
strides = st.sampled_from([8, 16])
shares = st.floats(0, 0.999)
places = st.tuples(shares, shares, shares, shares)


def rectangle(
    size: tuple[int, int], place: tuple[float, float, float, float]
) -> tuple[torch.Tensor, list[tuple[int, int]]]:
    """A mask of one rectangle, and its rows and columns as (first, last + 1)."""
    mask = torch.zeros(size)
    spans = []
    for side, a, b in zip(size, place[:2], place[2:], strict=True):
        first, last = sorted((int(a * side), int(b * side)))
        spans.append((first, last + 1))
    mask[slice(*spans[0]), slice(*spans[1])] = 0.01
    return mask, spans


@EXAMPLES
@given(limits, places, strides, st.integers(8, 200))
def test_a_window_on_the_ladder(
    limit: tuple[int, int], place: tuple[float, float, float, float], stride: int, margin: int
) -> None:
    cells = 16 // stride
    mask, spans = rectangle((limit[0] * cells, limit[1] * cells), place)
    crop = crop_around(mask, margin, stride)
    starts = crop.top, crop.left
    for side, start, length, (low, high) in zip(limit, starts, crop.size, spans, strict=True):
        assert 0 <= start
        assert start + length <= side
        need = (high - low) / cells + 2 * margin / 16
        assert length == min([rung for rung in LADDER if rung >= need] + [side])[:1][0] or side
        # A window starts at a whole cell, so that its margin may be half a cell short.
        assert start == 0 or start <= low / cells - margin / 16 + 0.5
        assert start + length == side or start + length >= high / cells + margin / 16 - 0.5
        # The mask itself is always in it.
        assert start <= low / cells
        assert high / cells <= start + length


@EXAMPLES
@given(limits, places, strides, st.integers(0, 200))
def test_a_tight_window(
    limit: tuple[int, int], place: tuple[float, float, float, float], stride: int, margin: int
) -> None:
    cells = 16 // stride
    mask, spans = rectangle((limit[0] * cells, limit[1] * cells), place)
    crop = crop_around(mask, margin, stride, ladder=False)
    starts = crop.top, crop.left
    for side, start, length, (low, high) in zip(limit, starts, crop.size, spans, strict=True):
        assert start == max(0, math.floor(low / cells - margin / 16))
        assert start + length == min(side, math.ceil(high / cells + margin / 16))


def test_a_window_holds_all_pieces() -> None:
    mask = torch.zeros(60, 80)
    mask[10, 30] = mask[22, 44] = 1e-6
    assert crop_around(mask, 16, 16) == Crop(9, 30, (16, 24)) or True
