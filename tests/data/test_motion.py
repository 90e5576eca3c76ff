"""Layers in motion: where they go, and that a mask goes with its picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.data.cutout import Cutout, random_region
from samtracker.data.motion import Motion
from samtracker.data.photometry import Light
from samtracker.data.photos import paint
from samtracker.data.sample import MAIN
from samtracker.data.scene import Layer, Scene

CANVAS = (60, 80)
SEEDS = st.integers(0, 10_000)


def still(shift: tuple[float, float] = (0, 0), length: int = 1) -> Motion:
    matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], float)
    return Motion(
        matrices=np.stack([matrix] * length), bends=np.zeros((length, 4, 4, 2), np.float32)
    )


def scene(seed: int, length: int = 3) -> Scene:
    """A red object on blue."""
    rng = np.random.default_rng(seed)
    mask = random_region(paint((64, 64), rng), rng)
    cutout = Cutout.of(np.full((64, 64, 3), (255, 0, 0), np.uint8), mask)
    motion = Motion.draw(
        cutout.size, CANVAS, length, rng, scale=30 / cutout.extent, speed=0.05, blur=seed % 2 / 2
    )
    return Scene(
        background=np.full((*CANVAS, 3), (0, 0, 255), np.uint8),
        camera=Motion.camera(CANVAS, length, rng, speed=0.02),
        object=Layer(cutout=cutout, motion=motion, number=MAIN),
        lights=(Light(), Light()),
    )


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_mask_is_where_the_object_is_painted(seed: int) -> None:
    frames, ids = scene(seed).film()
    masks = ids == MAIN
    red, blue = frames[..., 0].astype(int), frames[..., 2].astype(int)
    assert masks[0].any()
    assert (red[masks] >= blue[masks] - 4).all()
    assert (red[~masks] <= blue[~masks] + 4).all()


@settings(max_examples=30, deadline=None)
@given(st.integers(-70, 70), st.integers(-70, 70))
def test_whole_pixels_shift_exactly(x: int, y: int) -> None:
    layer = np.random.default_rng(0).integers(0, 256, (20, 30, 4), np.uint8)
    canvas = np.zeros((*CANVAS, 4), np.uint8)
    patch = still((x, y)).warp(0, layer, CANVAS)
    canvas[patch.rows, patch.columns] = patch.pixels
    wide = np.zeros((200, 240, 4), np.uint8)
    wide[70 + y : 90 + y, 70 + x : 100 + x] = layer
    assert np.array_equal(canvas, wide[70 : 70 + CANVAS[0], 70 : 70 + CANVAS[1]])


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_middle_stays_on_the_canvas_and_moves(seed: int) -> None:
    motion = Motion.draw((20, 30), CANVAS, 6, np.random.default_rng(seed), speed=0.05)
    middles = motion.matrices @ np.array([14.5, 9.5, 1])
    assert (middles >= 0).all()
    assert (middles < [CANVAS[1], CANVAS[0]]).all()
    steps = np.linalg.norm(np.diff(middles, axis=0), axis=1)
    assert steps.sum() > 0.5
    assert steps.max() < 0.25 * CANVAS[1]


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_camera_never_leaves_its_background(seed: int) -> None:
    motion = Motion.camera(CANVAS, 5, np.random.default_rng(seed), speed=0.03)
    corners = np.array([[x, y, 1] for x in (0, CANVAS[1] - 1) for y in (0, CANVAS[0] - 1)], float)
    limits = np.array([CANVAS[1], CANVAS[0]])
    for matrix in motion.matrices:
        whole = np.vstack([matrix, [0, 0, 1]])
        seen = (np.linalg.inv(whole) @ corners.T)[:2]
        assert (seen >= -1).all()
        assert (limits >= seen.T).all()


def test_a_start_is_kept() -> None:
    motion = Motion.draw((21, 31), CANVAS, 3, np.random.default_rng(5), start=(0.25, 0.5))
    assert np.allclose(motion.matrices[0], [[1, 0, 19.5 - 15], [0, 1, 29.5 - 10]])


def test_an_occluder_hides_the_object() -> None:
    bare = scene(3)
    block = Cutout(pixels=np.full((10, 80, 4), 255, np.uint8))
    height = int(np.flatnonzero(bare.render(0)[1].any(1)).mean())
    hidden = Scene(
        background=bare.background,
        camera=bare.camera,
        object=bare.object,
        before=(Layer(cutout=block, motion=still((0, height), 3)),),
        lights=bare.lights,
    )
    seen, whole = hidden.render(0)[1], bare.render(0)[1]
    assert not seen[height : height + 10].any()
    seen[height : height + 10] = whole[height : height + 10]
    assert np.array_equal(seen, whole)


def test_light_moves_from_the_first_to_the_last_frame() -> None:
    dark, bright = Light(gains=(0.5, 0.5, 0.5)), Light(gains=(1.0, 1.0, 1.0))
    frame = np.full((2, 2, 3), 200, np.uint8)
    means = [float(dark.towards(bright, share).on(frame).mean()) for share in (0, 0.5, 1)]
    assert means == [100, 150, 200]
    gray = Light(saturation=0).on(np.full((2, 2, 3), (30, 60, 90), np.uint8))
    assert (gray == 60).all()


def test_layers_have_numbers_and_hide_each_other() -> None:
    bare = scene(3, length=1)
    beside = Layer(cutout=bare.object.cutout, motion=bare.object.motion, number=MAIN + 1)
    block = Cutout(pixels=np.full((60, 10, 4), 255, np.uint8))
    side = Layer(cutout=block, motion=still((70, 0)), number=MAIN + 1)
    whole = bare.render(0)[1]
    covered = replace(bare, behind=(beside, side)).render(0)[1]
    assert set(np.unique(covered)) == {0, MAIN, MAIN + 1}
    assert np.array_equal(covered == MAIN, whole == MAIN)
    assert np.array_equal(covered[:, 70:] == MAIN + 1, whole[:, 70:] == 0)


@pytest.mark.parametrize("seed", range(6))
def test_an_object_is_uncovered(seed: int) -> None:
    # Two squares of 16 pixels: their middles are at most 0.6 * 0.8 diagonals apart at first, which
    # is less than a side, and at least 1.25 * 0.8 diagonals in the end.
    square = Cutout(pixels=np.full((16, 16, 4), 255, np.uint8))
    layer = Layer(cutout=square, motion=still((32, 22), 4), number=MAIN)
    bare = replace(scene(seed), camera=still(length=4), object=layer)
    occluder = replace(layer, number=0).off(layer, np.random.default_rng(seed))
    ids = replace(bare, before=(occluder,)).film()[1]
    seen = (ids == MAIN).sum((1, 2))
    whole = (bare.film()[1] == MAIN).sum((1, 2))
    assert (whole == 16 * 16).all()
    assert 0 < seen[0] < whole[0]
    assert (np.diff(seen) >= 0).all()
    assert seen[-1] == whole[-1]
