"""Small films drawn with NumPy: textured balls on a textured wall, and where each ball is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.evaluate.metrics import region_similarity
from samtracker.types import Frame, Mask

SIZE = (96, 160)
iou = region_similarity


@dataclass(frozen=True, kw_only=True)
class Ball:
    """A ball that moves along a line.

    Attributes:
        color: RGB that its texture varies around.
        center: x, y in pixels in the first frame.
        velocity: pixels per frame.
        radius: pixels.
        hidden: numbers of the frames in which it is not there.
    """

    color: tuple[int, int, int]
    center: tuple[float, float]
    velocity: tuple[float, float]
    radius: int
    hidden: range = range(0)


RED = Ball(color=(210, 60, 50), center=(36, 34), velocity=(4, 1), radius=22)
BLUE = Ball(color=(50, 70, 220), center=(130, 68), velocity=(-3, -1), radius=18)


@dataclass(frozen=True)
class Shot:
    """A frame and the truth about it: 1 is the first ball, 2 the second, 0 the wall."""

    frame: Frame
    ids: NDArray[np.uint8]

    def mask(self, number: int = 1) -> Mask:
        mask: Mask = self.ids == number
        return mask


def film(balls: Sequence[Ball], count: int) -> list[Shot]:
    """The first `count` frames; a later ball passes in front of an earlier one."""
    return [_draw(balls, number) for number in range(count)]


def _draw(balls: Sequence[Ball], number: int) -> Shot:
    frame = _texture((110, 130, 100), SIZE, blotch=24, contrast=25, seed=0)
    ids = np.zeros(SIZE, np.uint8)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    for seed, ball in enumerate(balls, start=1):
        if number in ball.hidden:
            continue
        side = 2 * ball.radius + 1
        skin = _texture(ball.color, (side, side), blotch=6, contrast=40, seed=seed)
        left, top = (
            round(place + number * speed) - ball.radius
            for place, speed in zip(ball.center, ball.velocity, strict=True)
        )
        inside = np.hypot(x - left - ball.radius, y - top - ball.radius) <= ball.radius
        rows, columns = np.nonzero(inside)
        frame[rows, columns] = skin[rows - top, columns - left]
        ids[inside] = seed
    return Shot(frame, ids)


def _texture(
    color: tuple[int, int, int], size: tuple[int, int], *, blotch: int, contrast: int, seed: int
) -> Frame:
    """Blotches of about `blotch` pixels around a color."""
    height, width = size
    grid = (height // blotch + 1, width // blotch + 1, 3)
    coarse = np.random.default_rng(seed).normal(0, contrast, grid).astype(np.float32)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + np.array(color, np.float32), 0, 255).astype(np.uint8)
