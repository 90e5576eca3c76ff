"""How a layer moves over a picture: smoothly, by an affine map and a bending of its shape."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Size

Vector = NDArray[np.float64]
_KNOTS = 4  # of the bending, along each side
_LONGEST_BLUR = 10  # pixels; OpenCV turns slow above kernels of 11x11


@dataclass(frozen=True, kw_only=True)
class Patch:
    """A part of a canvas.

    Attributes:
        rows: Its rows.
        columns: Its columns.
        pixels: Its pixels, uint8 (rows, columns, channels).
    """

    rows: slice
    columns: slice
    pixels: NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Motion:
    """Where a layer is on the canvas in each of T frames.

    Attributes:
        matrices: (T, 2, 3), layer pixels to canvas pixels, at pixel centers.
        bends: Float32 (T, 4, 4, 2), offsets (x, y) in layer pixels at knots spread over the
            layer; zero for a rigid motion.
        blur: Share of a frame's time that the shutter is open, 0 to 1.
    """

    matrices: Vector
    bends: NDArray[np.float32]
    blur: float = 0.0

    @classmethod
    def draw(
        cls,
        layer: Size,
        canvas: Size,
        length: int,
        rng: np.random.Generator,
        *,
        scale: float = 1.0,
        speed: float = 0.04,
        blur: float = 0.0,
        start: tuple[float, float] | None = None,
    ) -> Self:
        """Draw a motion whose center stays on the canvas.

        Args:
            layer: (H, W) of the layer.
            canvas: (H, W) of the canvas.
            length: Number of frames T.
            rng: Generator of every random choice.
            scale: Typical size of a layer pixel in canvas pixels.
            speed: Typical step from frame to frame, as a share of the canvas.
            blur: See the class.
            start: Where (x, y) the middle begins, as shares of the canvas, and upright;
                anywhere and in any posture by default.
        """
        sides = np.array([canvas[1], canvas[0]], float)
        time = np.arange(length) / max(length - 1, 1)
        span = speed * max(length - 1, 1)
        first = rng.uniform(0.25, 0.75, 2) if start is None else np.array(start)
        heading = rng.uniform(0, 2 * np.pi)
        step = span * rng.uniform(0.5, 1.5) * np.array([np.cos(heading), np.sin(heading)])
        # A path that would leave the canvas turns back.
        step = np.where(np.abs(first + step - 0.5) > 0.35, -step, step)
        center = first + np.outer(time, step) + _swing(time, 0.25 * span, 2, rng)
        center = center.clip(0.1, 0.9) * sides
        angle = (0.0 if start else rng.uniform(-0.3, 0.3)) + _drift(time, 2.5 * span, rng)
        size = scale * np.exp(_drift(time, 1.5 * span, rng))
        stretch = np.exp(_drift(time, span, rng))
        matrices = np.stack(
            [
                _about(layer, size[t] * _turn(angle[t]) @ np.diag([stretch[t], 1]), center[t])
                for t in range(length)
            ]
        )
        bends = _bends(layer, time, span, rng)
        return cls(matrices=matrices, bends=bends, blur=blur)

    @classmethod
    def camera(cls, canvas: Size, length: int, rng: np.random.Generator, *, speed: float) -> Self:
        """Draw a small rigid motion of a background of the canvas' size that keeps it covered.

        The background is enlarged by as much as it moves; `speed` is as in `draw`.
        """
        span = min(speed * max(length - 1, 1), 0.15)
        time = np.arange(length) / max(length - 1, 1)
        sides = np.array([canvas[1], canvas[0]], float)
        shift = np.stack([_drift(time, span, rng), _drift(time, span, rng)], axis=1)
        angle, size = _drift(time, 0.3 * span, rng), np.exp(_drift(time, 0.5 * span, rng))
        # Half a side of the canvas: the shift, the corners that turn in, and the shrinking.
        room = 2 * np.abs(shift).max() + 2 * np.abs(angle).max() + 0.02
        size *= (1 + room) / size.min()
        center = (0.5 + shift) * sides
        matrices = np.stack(
            [_about(canvas, size[t] * _turn(angle[t]), center[t]) for t in range(length)]
        )
        return cls(matrices=matrices, bends=np.zeros((length, _KNOTS, _KNOTS, 2), np.float32))

    def places(self, layer: Size) -> Vector:
        """Return the middle of a layer of this size in each frame, (T, 2) as (x, y)."""
        middle = np.array([(layer[1] - 1) / 2, (layer[0] - 1) / 2])
        places: Vector = self.matrices[:, :, :2] @ middle + self.matrices[:, :, 2]
        return places

    def span(self, layer: Size) -> tuple[float, float]:
        """Return the width and height of a layer of this size in the first frame, not bent."""
        width, height = np.abs(self.matrices[0, :, :2]) @ np.array([layer[1], layer[0]])
        return float(width), float(height)

    def moved(self, offsets: Vector) -> Self:
        """Return this motion with an offset (x, y) added in each frame, (T, 2) canvas pixels."""
        matrices = self.matrices.copy()
        matrices[:, :, 2] += offsets
        return replace(self, matrices=matrices)

    def warp(self, number: int, layer: NDArray[np.uint8], canvas: Size) -> Patch:
        """Draw the layer in a frame.

        Args:
            number: Of the frame.
            layer: Its pixels, uint8 (H, W, channels); outside of it is 0.
            canvas: (H, W).

        Returns:
            The part of the canvas that the layer may reach, empty where it reaches none.
        """
        matrix, bend = self.matrices[number], self.bends[number]
        height, width = layer.shape[:2]
        margin = float(np.abs(bend).max())
        low, high = -1.0 - margin, np.array([width, height]) + margin
        corners = np.array([[x, y] for x in (low, high[0]) for y in (low, high[1])])
        reached = corners @ matrix[:, :2].T + matrix[:, 2]
        spread = self._streak(number)
        pad = 1 + np.abs(spread).max()
        left, top = np.floor(reached.min(0) - pad).clip(0, (canvas[1], canvas[0])).astype(int)
        right, bottom = np.ceil(reached.max(0) + pad).clip(0, (canvas[1], canvas[0])).astype(int)
        rows, columns = slice(top, max(bottom, top)), slice(left, max(right, left))
        if bottom <= top or right <= left:
            nothing = np.zeros((max(bottom - top, 0), max(right - left, 0), layer.shape[2]), "u1")
            return Patch(rows=rows, columns=columns, pixels=nothing)
        inverse = cv2.invertAffineTransform(matrix)
        x, y = np.arange(left, right, dtype=np.float32), np.arange(top, bottom, dtype=np.float32)
        inverse32 = inverse.astype(np.float32)
        at_x = inverse32[0, 0] * x + (inverse32[0, 1] * y + inverse32[0, 2])[:, None]
        at_y = inverse32[1, 0] * x + (inverse32[1, 1] * y + inverse32[1, 2])[:, None]
        if margin:
            offsets = cv2.resize(bend, (width, height), interpolation=cv2.INTER_CUBIC)
            offsets = cv2.remap(
                offsets, at_x, at_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
            )
            at_x, at_y = at_x + offsets[..., 0], at_y + offsets[..., 1]
        moved = cv2.remap(layer, at_x, at_y, cv2.INTER_LINEAR).reshape(*at_x.shape, -1)
        pixels = _smear(np.asarray(moved, np.uint8), spread)
        return Patch(rows=rows, columns=columns, pixels=pixels)

    def cover(self, number: int, background: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Draw a background in a frame, uint8 (H, W, 3); it is mirrored where it ends."""
        height, width = background.shape[:2]
        moved = cv2.warpAffine(
            background,
            self.matrices[number],
            (width, height),
            flags=cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT,
        )
        return np.asarray(moved, np.uint8)

    def _streak(self, number: int) -> Vector:
        """Return how far (x, y) the layer moves with the shutter open, in canvas pixels."""
        if not self.blur or len(self.matrices) < 2:
            return np.zeros(2)
        other = number - 1 if number else 1
        streak: Vector = self.blur * (self.matrices[number, :, 2] - self.matrices[other, :, 2])
        longest = float(np.abs(streak).max())
        return streak * min(1.0, _LONGEST_BLUR / longest) if longest else streak


def _smear(pixels: NDArray[np.uint8], streak: Vector) -> NDArray[np.uint8]:
    """Average along a line (x, y) whose middle is the pixel."""
    reach = int(np.ceil(np.abs(streak).max() / 2))
    if reach < 1:
        return pixels
    kernel = np.zeros((2 * reach + 1, 2 * reach + 1), np.float32)
    for along in np.linspace(-0.5, 0.5, 4 * reach + 1):
        x, y = np.rint(reach + along * streak).astype(int)
        kernel[y, x] += 1
    return np.asarray(cv2.filter2D(pixels, -1, kernel / kernel.sum()), np.uint8)


def _about(layer: Size, linear: Vector, center: Vector) -> Vector:
    """Return the affine matrix (2, 3) that takes the layer's middle to `center`."""
    middle = np.array([(layer[1] - 1) / 2, (layer[0] - 1) / 2])
    return np.column_stack([linear, center - 0.5 - linear @ middle])


def _turn(angle: float) -> Vector:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _drift(time: Vector, span: float, rng: np.random.Generator) -> Vector:
    """Draw a slow change (T,) from 0 by about `span`, steady and with some swing."""
    rate = rng.uniform(-span, span)
    return rate * time + _swing(time, 0.3 * span, 1, rng)[:, 0]


def _swing(time: Vector, span: float, count: int, rng: np.random.Generator) -> Vector:
    """Draw sines (T, count) that begin at 0."""
    phase = rng.uniform(0, 2 * np.pi, count)
    rate = rng.uniform(0.5, 1.5, count) * 2 * np.pi
    sines: Vector = span * (np.sin(np.outer(time, rate) + phase) - np.sin(phase))
    return sines


def _bends(layer: Size, time: Vector, span: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw two fixed bendings and mix them by sines."""
    strength = rng.uniform(0, 1) * min(0.06, 0.4 * span + 0.02) * min(layer)
    shapes = rng.normal(0, strength, (2, _KNOTS, _KNOTS, 2))
    mix = _swing(time, 1.0, 2, rng)
    bends: NDArray[np.float32] = np.einsum("tk,kyxc->tyxc", mix, shapes).astype(np.float32)
    return bends
