"""Painted clips in which an object goes away and comes back: behind something, or out of the frame.

Textured cut-outs turn and bend on their way over a textured background that moves as well. Nothing
but the seed decides what a clip shows.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from samtracker.data.cutout import Cutout, random_region
from samtracker.data.motion import Motion, Vector
from samtracker.data.photometry import Light
from samtracker.data.photos import paint
from samtracker.data.sample import MAIN
from samtracker.data.scene import Layer, Scene

SIZE = (480, 854)
CANVAS = np.array([854.0, 480.0])
SLOW = 0.0005
"""Speed of the turning and bending, and of the background; see `Motion.draw`."""

SEEN = 15
"""Number of frames before the object begins to go away."""

AWAY = 30
"""Number of frames in which nothing of it is seen, or a few more, as its box is not full."""

BACK = 30
"""Number of frames after all of it is visible again."""


def occluded(seed: int) -> Scene:
    """Paint an object that passes behind a thing that stands or moves, or is passed by one."""
    rng = np.random.default_rng([seed, 0])
    item = _item(rng)
    wide, high = item.motion.span(item.cutout.size)
    speed = rng.uniform(6, 10)
    going = int(np.ceil(wide / speed))
    length = SEEN + going + AWAY + going + BACK
    apart = rng.choice([-1, 1]) * speed * (np.arange(length) - SEEN - going - AWAY / 2)
    share = rng.uniform(0, min(1, 0.4 * CANVAS[0] / np.abs(apart).max()))
    heading = np.array([1, rng.uniform(-0.1, 0.1)])
    middle = CANVAS * [0.5, rng.uniform(0.35, 0.65)]
    path = middle + np.outer(share * apart, heading)
    size = round(1.5 * high), round(1.05 * wide + AWAY * speed)
    thing = Cutout.of(paint(size, rng), np.ones(size, np.bool_))
    flat = np.repeat(np.eye(2, 3)[None], length, axis=0)
    stiff = Motion(matrices=flat, bends=np.zeros((length, 4, 4, 2), np.float32))
    cover = _along(Layer(cutout=thing, motion=stiff), path - np.outer(apart, heading))
    return _scene(_along(item, path), (cover,), rng)


def outside(seed: int) -> Scene:
    """Paint an object that leaves the frame at one side and comes back at another one."""
    rng = np.random.default_rng([seed, 1])
    item = _item(rng)
    half = 0.5 * np.array(item.motion.span(item.cutout.size))
    speed = rng.uniform(6, 12)
    sides = np.array([(1, 0), (-1, 0), (0, 1), (0, -1)])[rng.permutation(4)[:2]]
    (gate, out, reach), (door, back, depth) = (
        (
            np.where(side, CANVAS * (side > 0), CANVAS * rng.uniform(0.3, 0.7, 2)),
            side,
            half @ abs(side),
        )
        for side in sides
    )
    leaving, coming = (int(np.ceil(2 * way / speed)) for way in (reach, depth))
    before = gate + np.outer(reach + speed * np.arange(-SEEN - leaving, 0), out)
    away = np.repeat((gate + 9 * reach * out)[None], AWAY, axis=0)
    inward = speed * np.arange(coming + BACK).clip(max=coming + BACK // 2)
    after = door + np.outer(depth - inward, back)
    return _scene(_along(item, np.concatenate([before, away, after])), (), rng)


def _item(rng: np.random.Generator) -> Layer:
    picture = paint((240, 240), rng)
    cutout = Cutout.of(picture, random_region(picture, rng))
    scale = rng.uniform(80, 120) / cutout.extent
    motion = Motion.draw(cutout.size, SIZE, 200, rng, scale=scale, speed=SLOW)
    return Layer(cutout=cutout, motion=motion, number=MAIN)


def _along(layer: Layer, path: Vector) -> Layer:
    """Move a layer along another path, (T, 2) as (x, y), of at most as many frames."""
    count = len(path)
    motion = replace(
        layer.motion, matrices=layer.motion.matrices[:count], bends=layer.motion.bends[:count]
    )
    return replace(layer, motion=motion.moved(path - layer.middles[:count]))


def _scene(item: Layer, before: tuple[Layer, ...], rng: np.random.Generator) -> Scene:
    return Scene(
        background=paint(SIZE, rng),
        camera=Motion.camera(SIZE, len(item.motion.matrices), rng, speed=SLOW),
        object=item,
        before=before,
        lights=(Light.draw(rng, strength=0.05), Light.draw(rng, strength=0.05)),
    )
