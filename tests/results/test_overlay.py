"""Drawing, checked by the pixels that change and those that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.errors import ConfigError, FrameError
from samtracker.palette import PALETTE, palette_color
from samtracker.results.overlay import overlay
from samtracker.types import Frame, FrameResult, Mask, State, TrackedObject, mask_box

SIZE = (180, 320)
BLOCK = np.zeros(SIZE, bool)
BLOCK[60:120, 100:200] = True
LABEL = (slice(30, 60), slice(100, 200))  # more than a label above BLOCK needs


def picture(size: tuple[int, int] = SIZE) -> Frame:
    return np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)


def result(*masks: tuple[int, Mask], lost: tuple[int, ...] = ()) -> FrameResult:
    seen = [
        TrackedObject(id=i, mask=mask, box=mask_box(mask), score=1.0, state=State.TRACKING)
        for i, mask in masks
    ]
    size = masks[0][1].shape if masks else SIZE
    none = np.zeros(size, bool)
    gone = [TrackedObject(id=i, mask=none, box=None, score=0.0, state=State.LOST) for i in lost]
    return FrameResult(index=0, timestamp=None, size=(size[0], size[1]), objects=(*seen, *gone))


def changed(before: Frame, after: Frame) -> Mask:
    different: Mask = before != after
    return np.asarray(different.any(axis=2))


def test_colors_are_those_of_pascal_voc() -> None:
    # the first and last rows of VOClabelcolormap(256)
    assert PALETTE[:6].tolist() == [
        [0, 0, 0],
        [128, 0, 0],
        [0, 128, 0],
        [128, 128, 0],
        [0, 0, 128],
        [128, 0, 128],
    ]
    assert PALETTE[[21, 254, 255]].tolist() == [[128, 64, 128], [96, 224, 192], [224, 224, 192]]
    assert palette_color(21) == (128, 64, 128)
    assert len({palette_color(i) for i in range(65536)}) == 65536


def test_result_without_objects_is_a_copy() -> None:
    image = picture()
    drawn = overlay(image, result())
    np.testing.assert_array_equal(drawn, image)
    assert not np.shares_memory(drawn, image)


def test_only_mask_and_label_change() -> None:
    image = picture()
    original = image.copy()
    drawn = overlay(image, result((1, BLOCK)))
    np.testing.assert_array_equal(image, original)
    touched = changed(image, drawn)
    assert touched[BLOCK].mean() > 0.95
    assert touched[LABEL].any()
    touched[LABEL] = False
    assert not touched[~BLOCK].any()


def test_tint_mixes_picture_and_color_by_opacity() -> None:
    dark, light = np.zeros((*SIZE, 3), np.uint8), np.full((*SIZE, 3), 255, np.uint8)
    inner = (90, 150)
    solid = overlay(dark, result((2, BLOCK)), opacity=1.0)[inner].astype(int)
    assert solid.argmax() == 1  # object 2 is green
    np.testing.assert_array_equal(overlay(light, result((2, BLOCK)), opacity=1.0)[inner], solid)
    np.testing.assert_array_equal(overlay(dark, result((2, BLOCK)), opacity=0.0)[inner], [0] * 3)
    for image, value in ((dark, 0), (light, 255)):
        half = overlay(image, result((2, BLOCK)), opacity=0.5)[inner]
        assert np.abs(half - (solid + value) / 2).max() <= 0.5


@pytest.mark.parametrize(("size", "line"), [((180, 320), 1), ((1080, 1920), 2), ((2160, 3840), 4)])
def test_outline_is_inside_the_mask_and_scales_with_the_frame(
    size: tuple[int, int], line: int
) -> None:
    mask = np.zeros(size, bool)
    mask[size[0] // 2 :, size[1] // 3 : size[1] // 2] = True
    row = overlay(np.zeros((*size, 3), np.uint8), result((1, mask)))[size[0] * 3 // 4].astype(int)
    inside = row[size[1] // 3 : size[1] // 2]
    strong, light, tint = inside[0], inside[line], inside[len(inside) // 2]
    edge = [strong] * line + [light] * line
    middle = [tint] * (len(inside) - 4 * line)
    np.testing.assert_array_equal(inside, [*edge, *middle, *edge[::-1]])
    assert (tint < strong).all()
    assert (strong < light).all()
    assert not row[: size[1] // 3].any()
    assert not row[size[1] // 2 :].any()


def test_masks_at_the_border_of_the_frame_have_no_outline_there() -> None:
    drawn = overlay(np.zeros((*SIZE, 3), np.uint8), result((1, np.ones(SIZE, bool))))
    assert len(np.unique(drawn[100:].reshape(-1, 3), axis=0)) == 1


def test_objects_have_different_colors_and_tint_their_own_pixels() -> None:
    right = np.roll(BLOCK, 110, axis=1)
    black = np.zeros((*SIZE, 3), np.uint8)
    both = overlay(black, result((1, BLOCK), (2, right)))
    one, two = overlay(black, result((1, BLOCK))), overlay(black, result((2, right)))
    np.testing.assert_array_equal(both, np.where(changed(black, one)[..., None], one, two))
    assert (both[90, 150] != both[90, 260]).any()


def test_labels_of_different_ids_and_states_differ() -> None:
    black = np.zeros((*SIZE, 3), np.uint8)
    lost = TrackedObject(id=1, mask=BLOCK, box=mask_box(BLOCK), score=0.1, state=State.LOST)
    frame = FrameResult(index=0, timestamp=None, size=SIZE, objects=(lost,))
    widths = [
        changed(black, overlay(black, shown))[LABEL].any(axis=0).sum()
        for shown in (result((1, BLOCK)), result((10, BLOCK)), frame)
    ]
    assert 0 < widths[0] < widths[1] < widths[2]


def test_lost_objects_are_listed_in_the_corner() -> None:
    black = np.zeros((*SIZE, 3), np.uint8)
    rows = [
        changed(black, overlay(black, result(lost=lost)))[:, :60].any(axis=1)
        for lost in ((3,), (3, 5), (3, 5, 6))
    ]
    lines = [(np.diff(np.r_[0, row, 0]) == 1).sum() for row in rows]
    assert lines == [1, 2, 3]
    assert not changed(black, overlay(black, result(lost=(3,))))[30:, 80:].any()


def test_label_of_an_object_at_the_upper_border_stays_in_the_frame() -> None:
    corner = np.zeros(SIZE, bool)
    corner[:50, 315:] = True
    black = np.zeros((*SIZE, 3), np.uint8)
    usual = changed(black, overlay(black, result((1, BLOCK)))) & ~BLOCK
    shown = changed(black, overlay(black, result((1, corner))))
    assert shown.any(axis=0).sum() == usual.any(axis=0).sum()  # wider than the mask, and whole
    assert shown[0, -1]


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    corners=st.tuples(*[st.floats(0, 1)] * 4),
    object_id=st.integers(1, 65535),
)
def test_any_box_in_any_frame(
    size: tuple[int, int], corners: tuple[float, float, float, float], object_id: int
) -> None:
    top, bottom = sorted(int(c * (size[0] - 1)) for c in corners[:2])
    left, right = sorted(int(c * (size[1] - 1)) for c in corners[2:])
    mask = np.zeros(size, bool)
    mask[top : bottom + 1, left : right + 1] = True
    image = picture(size)
    drawn = overlay(image, result((object_id, mask), lost=(65535,)))
    assert drawn.shape == image.shape
    assert drawn.dtype == np.uint8
    assert changed(image, drawn)[mask].any()


@pytest.mark.parametrize("image", [None, picture()[..., 0], picture() / 255, picture().tolist()])
def test_what_is_no_frame_is_refused(image: Any) -> None:
    with pytest.raises(FrameError, match=r"give an RGB uint8 array"):
        overlay(image, result((1, BLOCK)))


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan"), "0.5", np.zeros(2)])
def test_an_opacity_that_is_none_is_refused(opacity: Any) -> None:
    with pytest.raises(ConfigError, match=r"opacity=.* does not fit: give 0 to 1"):
        overlay(picture(), result((1, BLOCK)), opacity=opacity)


def test_result_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"\(90, 160\) but result \(180, 320\)"):
        overlay(picture((90, 160)), result((1, BLOCK)))
