"""A square of a frame, in which an object is pointed at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from samtracker.types import Box, Frame, Mask, Size

SIDE = 384
"""Pixels a side that the network sees of a square."""

PADDING = (127, 127, 127)
"""RGB outside of the frame, as in training."""

SMALLEST = 32.0
"""Frame pixels a side of what a square is laid around, at least."""

_OUTSIDE = -10.0
"""Logit outside of a square."""


@dataclass(frozen=True, kw_only=True)
class Square:
    """A square that may reach beyond its frame.

    Attributes:
        left: Frame x of its left side.
        top: Frame y of its upper side.
        side: Its side in frame pixels.
    """

    left: float
    top: float
    side: float

    @classmethod
    def around(cls, box: Box, margin: float, *, inside: ArrayLike = ()) -> Self:
        """Return the square around a box.

        Args:
            box: What is to be seen.
            margin: Side of the square over the longer side of the box, above 1.
            inside: Points (x, y) that are to be seen as well.
        """
        x1, y1, x2, y2 = box
        side = max(x2 - x1, y2 - y1, SMALLEST) * margin
        middle = np.array([(x1 + x2) / 2, (y1 + y2) / 2])
        points = np.asarray(inside, np.float64).reshape(-1, 2)
        if len(points):
            side = max(side, 2.1 * float(np.abs(points - middle).max()))
        return cls(left=float(middle[0] - side / 2), top=float(middle[1] - side / 2), side=side)

    @property
    def scale(self) -> float:
        """Pixels of the model input per frame pixel."""
        return SIDE / self.side

    def cut(self, image: Frame) -> Frame:
        """Return what the square shows of a frame, RGB uint8 (SIDE, SIDE, 3)."""
        if self.scale < 1:  # an affine map reads single pixels: without this there would be moire
            image = self._shrunk(image)
        view = cv2.warpAffine(
            image, self._matrix(SIDE), (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderValue=PADDING
        )
        return np.asarray(view, np.uint8)

    def cut_mask(self, mask: Mask, cells: int) -> NDArray[np.float32]:
        """Return the share of each of `cells` x `cells` cells that a mask (H, W) covers."""
        values = mask.astype(np.float32)
        view = cv2.warpAffine(values, self._matrix(SIDE), (SIDE, SIDE), flags=cv2.INTER_LINEAR)
        small = cv2.resize(view, (cells, cells), interpolation=cv2.INTER_AREA)
        return np.asarray(small, np.float32)

    def to_input(self, points: ArrayLike) -> NDArray[np.float64]:
        """Return frame points (..., 2) in pixels of the model input."""
        corner = np.array([self.left, self.top])
        moved: NDArray[np.float64] = (np.asarray(points, np.float64) - corner) * self.scale
        return moved

    def restore(self, logits: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
        """Return logits (h, w) of the square as logits at frame size (H, W), bilinear."""
        frame = cv2.warpAffine(
            logits,
            self._matrix(logits.shape[0]),
            size[::-1],
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=_OUTSIDE,
        )
        return np.asarray(frame, np.float32)

    def _matrix(self, pixels: int) -> NDArray[np.float64]:
        """Return the map from pixel centers of a frame to those of a view of `pixels` a side."""
        scale = pixels / self.side
        offset = -np.array([self.left, self.top]) * scale + 0.5 * scale - 0.5
        return np.array([[scale, 0, offset[0]], [0, scale, offset[1]]])

    def _shrunk(self, image: Frame) -> Frame:
        """Return the frame, smoothed by as much as it is to be shrunk."""
        return np.asarray(cv2.GaussianBlur(image, (0, 0), 0.4 / self.scale), np.uint8)
