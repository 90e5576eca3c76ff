"""Run lengths, against COCO's own tools, and those that are damaged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from pycocotools import mask as coco

from samtracker.masks.run_lengths import decode, encode, from_runs, to_runs
from samtracker.masks.segmentation import from_segmentation, to_segmentation

quick = settings(max_examples=60, derandomize=True, deadline=None)
masks = arrays(np.bool_, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@quick
@given(pixels=arrays(np.bool_, st.integers(0, 40)))
def test_runs_take_turns(pixels: NDArray[np.bool_]) -> None:
    runs = to_runs(pixels)
    assert runs.dtype == np.uint32
    assert (runs[1:] > 0).all()
    assert runs.sum() == pixels.size
    np.testing.assert_array_equal(from_runs(runs), pixels)


@quick
@given(mask=masks)
def test_masks_are_read_from_text_and_from_numbers(mask: NDArray[np.bool_]) -> None:
    encoded = encode(mask)
    assert encoded["size"] == list(mask.shape)
    np.testing.assert_array_equal(decode(encoded), mask)
    numbers = to_runs(mask.T.ravel()).tolist()
    assert coco.frPyObjects({"size": [*mask.shape], "counts": numbers}, *mask.shape) == {
        "size": [*mask.shape],
        "counts": encoded["counts"].encode(),
    }
    np.testing.assert_array_equal(decode({**encoded, "counts": numbers}), mask)


def test_long_runs_and_large_differences() -> None:
    rng = np.random.default_rng(0)
    mask = np.zeros((700, 900), bool)
    for top, left, height, width in rng.integers(1, 500, (12, 4)):
        mask[top : top + height % 60, left : left + width] ^= True
    mask[:, 890] = True
    np.testing.assert_array_equal(decode(encode(mask)), mask)


@pytest.mark.parametrize(
    ("size", "counts", "message"),
    [
        ((2, 3), "/", "damaged"),
        ((2, 3), "p", "damaged"),
        ((2, 3), "o" * 14, "damaged"),
        ((2, 3), "o", "cut off"),
        ((2, 3), [7], "do not make up 3x2 pixels"),
        ((2, 3), [5], "do not make up"),
        ((2, 3), [-1, 7], "do not make up"),
        ((2, 3), [[6]], "do not make up"),
        ((2, 3), [2**32, 6], "do not make up"),
        ((0, 3), [0], "too large or too small"),
        ((2**14, 2**15), [2**29], "too large or too small"),
    ],
    ids=str,
)
def test_damaged_run_lengths_are_an_error(
    size: tuple[int, int], counts: str | list[Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        decode({"size": size, "counts": counts})


def test_a_segmentation_is_run_lengths_or_polygons() -> None:
    mask = np.zeros((6, 8), bool)
    mask[1:3, 2:5] = mask[4:, 6:] = True
    assert to_segmentation(mask, None) == encode(mask)
    polygons = to_segmentation(mask, 0)
    assert polygons == [
        [2.0, 1.0, 5.0, 1.0, 5.0, 3.0, 2.0, 3.0],
        [6.0, 4.0, 8.0, 4.0, 8.0, 6.0, 6.0, 6.0],
    ]
    for segmentation in (encode(mask), polygons):
        np.testing.assert_array_equal(from_segmentation(segmentation, (6, 8)), mask)
    with pytest.raises(ValueError, match="a mask has 8x6 pixels, its picture 8x7"):
        from_segmentation(encode(mask), (7, 8))
