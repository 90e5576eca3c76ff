"""A scene of moving layers, and the clip that a camera takes of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.cutout import Cutout
from samtracker.data.motion import Motion, Patch, Vector
from samtracker.data.photometry import Light
from samtracker.types import Frame


@dataclass(frozen=True, kw_only=True)
class Layer:
    """A cut-out that moves.

    Attributes:
        cutout: what moves.
        motion: how it moves.
        number: that it has in the masks; 0 for what is no object.
    """

    cutout: Cutout
    motion: Motion
    number: int = 0

    @property
    def middles(self) -> Vector:
        """Return the middle of the layer in each frame, (T, 2) canvas pixels (x, y)."""
        return self.motion.places(self.cutout.size)

    def across(self, other: Layer, rng: np.random.Generator) -> Layer:
        """Move this layer from beside another one to its middle, where it stays or goes on.

        It reaches the middle in a random frame, but not in the first.
        """
        length = len(self.motion.matrices)
        way = 1 - np.arange(length) / rng.integers(1, length)
        if rng.random() < 0.5:
            way = way.clip(0)
        return self._beside(other, way, rng)

    def off(self, other: Layer, rng: np.random.Generator) -> Layer:
        """Return it on its way off another one, of which it hides a part in the first frame."""
        length = len(self.motion.matrices)
        way = rng.uniform(0.25, 0.6) + np.arange(length) / max(length - 1, 1)
        return self._beside(other, way, rng)

    def _beside(self, other: Layer, way: Vector, rng: np.random.Generator) -> Layer:
        """Return it as far from the middle of another one, in each frame, as `way` (T,) says.

        At 0 the middles meet, at 1 the two hardly touch; the direction is random.
        """
        heading = rng.uniform(0, 2 * np.pi)
        sides = [np.hypot(*layer.motion.span(layer.cutout.size)) for layer in (self, other)]
        away = 0.4 * sum(sides) * np.outer(way, [np.cos(heading), np.sin(heading)])
        return replace(self, motion=self.motion.moved(other.middles - self.middles + away))


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An object among layers, over a background.

    Attributes:
        background: RGB uint8 (H, W, 3), the canvas.
        camera: How the background moves.
        object: What is to be segmented.
        behind: What the object hides where they meet.
        before: What hides the object.
        lights: In the first and in the last frame.
    """

    background: Frame
    camera: Motion
    object: Layer
    behind: tuple[Layer, ...] = ()
    before: tuple[Layer, ...] = ()
    lights: tuple[Light, Light]

    def render(self, number: int) -> tuple[Frame, NDArray[np.uint8]]:
        """Draws a frame and the numbers of the layers seen in it, (H, W, 3) and uint8 (H, W)."""
        canvas = self.camera.cover(number, self.background)
        ids = np.zeros(canvas.shape[:2], np.uint8)
        for layer in (*self.behind, self.object, *self.before):
            patch = _paste(layer, number, canvas)
            ids[patch.rows, patch.columns][patch.pixels[..., 3] > 127] = layer.number
        last = len(self.camera.matrices) - 1
        light = self.lights[0].towards(self.lights[1], number / last if last else 0.0)
        return light.on(canvas), ids

    def film(self) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Draws all frames and numbers, (T, H, W, 3) and (T, H, W)."""
        taken = [self.render(number) for number in range(len(self.camera.matrices))]
        return np.stack([frame for frame, _ in taken]), np.stack([ids for _, ids in taken])


def _paste(layer: Layer, number: int, canvas: Frame) -> Patch:
    """Draw a layer on the canvas and return what was drawn."""
    patch = layer.motion.warp(number, layer.cutout.pixels, (canvas.shape[0], canvas.shape[1]))
    if patch.pixels.size:
        place = canvas[patch.rows, patch.columns]
        clear = cv2.bitwise_not(patch.pixels[..., 3])
        under = cv2.multiply(place, cv2.merge([clear] * 3), scale=1 / 255)
        canvas[patch.rows, patch.columns] = cv2.add(under, patch.pixels[..., :3])
    return patch
