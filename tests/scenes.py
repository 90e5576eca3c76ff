"""Small films drawn with NumPy: textured balls on a textured wall, and where each ball is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Frame, Mask

SIZE = (96, 160)


@dataclass(frozen=True, kw_only=True)
class Ball:
    """A ball that rolls along a line.

    Attributes:
        colour: RGB around which its texture varies.
        centre: x, y in pixels in the first frame.
        velocity: pixels per frame.
        radius: pixels.
        hidden: numbers of the frames in which it is not there.
    """

    colour: tuple[int, int, int]
    centre: tuple[float, float]
    velocity: tuple[float, float] = (0.0, 0.0)
    radius: float = 18.0
    hidden: range = range(0)


RED = Ball(colour=(200, 60, 50), centre=(40, 40), velocity=(5, 2))
BLUE = Ball(colour=(50, 70, 210), centre=(122, 56), velocity=(-4, -1), radius=15)


@dataclass(frozen=True)
class Shot:
    """A frame and the truth about it: id 1 is the first ball, 0 the wall."""

    frame: Frame
    ids: NDArray[np.uint8]

    def mask(self, object_id: int = 1) -> Mask:
        return self.ids == object_id


def film(balls: Sequence[Ball], count: int) -> list[Shot]:
    """The first `count` frames; a later ball rolls in front of an earlier one."""
    return [_draw(balls, number) for number in range(count)]


def _draw(balls: Sequence[Ball], number: int) -> Shot:
    frame = _texture((110, 130, 100), SIZE, seed=0)
    ids = np.zeros(SIZE, np.uint8)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    for object_id, ball in enumerate(balls, start=1):
        if number in ball.hidden:
            continue
        left, top = (
            round(c + number * v - ball.radius)
            for c, v in zip(ball.centre, ball.velocity, strict=True)
        )
        inside = np.hypot(x - left - ball.radius, y - top - ball.radius) < ball.radius
        side = 2 * int(ball.radius) + 2
        skin = _texture(ball.colour, (side, side), seed=object_id)
        rows, columns = np.nonzero(inside)
        frame[rows, columns] = skin[rows - top, columns - left]
        ids[inside] = object_id
    return Shot(frame, ids)


def _texture(colour: tuple[int, int, int], size: tuple[int, int], seed: int) -> Frame:
    """Blotches of about 6 pixels around a colour."""
    rng = np.random.default_rng(seed)
    blotches = rng.normal(0, 40, (size[0] // 6 + 1, size[1] // 6 + 1, 3)).astype(np.float32)
    smooth = cv2.resize(blotches, (size[1], size[0]), interpolation=cv2.INTER_CUBIC)
    return np.clip(smooth + np.array(colour, np.float32), 0, 255).astype(np.uint8)


def iou(mask: Mask, truth: Mask) -> float:
    """Intersection over union; 1 if both are empty."""
    union = np.count_nonzero(mask | truth)
    return np.count_nonzero(mask & truth) / union if union else 1.0
