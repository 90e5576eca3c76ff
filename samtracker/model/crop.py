"""Object-centered windows of a feature grid, in a few fixed sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from samtracker.model.encoders import STRIDE
from samtracker.types import Size

LADDER = (16, 20, 28, 36, 44)
"""Heights and widths in cells of stride 16; what fits none of them takes the map's.

Few fixed sizes let objects share a batch, and the step be exported without data-dependent shapes.
"""


@dataclass(frozen=True)
class Crop:
    """A window of a map with cells of stride 16.

    Attributes:
        top: First row.
        left: First column.
        size: (rows, columns).
    """

    top: int
    left: int
    size: Size

    def cut(self, maps: Tensor, stride: int) -> Tensor:
        """Cut this window out of maps (..., H, W) whose cells have `stride` pixels (16, 8 or 4)."""
        rows, columns = self._slices(stride)
        return maps[..., rows, columns]

    def paste(self, content: Tensor, onto: Tensor, stride: int) -> None:
        """Write `content` (..., h, w) into this window of `onto` (..., H, W)."""
        rows, columns = self._slices(stride)
        onto[..., rows, columns] = content

    def centered(self, row: int, column: int, limits: Size) -> Crop:
        """Return the window of this size around a cell, as far as the map of `limits` allows it."""
        top, left = (
            min(max(place - side // 2, 0), limit - side)
            for place, side, limit in zip((row, column), self.size, limits, strict=True)
        )
        return Crop(top, left, self.size)

    def within(self, outer: Crop) -> Crop:
        """Return this window counted from the corner of another one."""
        return Crop(self.top - outer.top, self.left - outer.left, self.size)

    def _slices(self, stride: int) -> tuple[slice, slice]:
        scale = STRIDE // stride
        (rows, columns) = self.size
        return (
            slice(self.top * scale, (self.top + rows) * scale),
            slice(self.left * scale, (self.left + columns) * scale),
        )


def whole(height: int, width: int) -> Crop:
    """Return the whole map of height x width cells as a window."""
    return Crop(0, 0, (height, width))


def bounds(crops: Sequence[Crop]) -> Crop:
    """Return the smallest window that holds all of them."""
    top, left = min(crop.top for crop in crops), min(crop.left for crop in crops)
    bottom = max(crop.top + crop.size[0] for crop in crops)
    right = max(crop.left + crop.size[1] for crop in crops)
    return Crop(top, left, (bottom - top, right - left))


def crop_around(mask: Tensor, margin: int, stride: int) -> Crop:
    """Return the smallest window of the ladder that holds a mask and a margin around it.

    Args:
        mask: (H, W) with cells of `stride` pixels; every cell above 0 belongs to the object.
        margin: Pixels of the model input around the mask's box.
        stride: 16 or 8.

    Returns:
        A window inside the map, centered on the mask where the map's border allows it; the whole
        map where the mask is empty.
    """
    scale = STRIDE // stride
    limits = mask.shape[0] // scale, mask.shape[1] // scale
    rows, columns = torch.nonzero(mask.amax(1) > 0), torch.nonzero(mask.amax(0) > 0)
    if not len(rows):
        return whole(*limits)
    ends = torch.stack([rows[0, 0], rows[-1, 0], columns[0, 0], columns[-1, 0]]).tolist()
    reach = margin / STRIDE
    spans = [
        (low / scale - reach, (high + 1) / scale + reach) for low, high in (ends[:2], ends[2:])
    ]
    (top, height), (left, width) = (
        _on_ladder(span, limit) for span, limit in zip(spans, limits, strict=True)
    )
    return Crop(top, left, (height, width))


def _on_ladder(span: tuple[float, float], limit: int) -> tuple[int, int]:
    """Return first cell and length of a rung of the ladder centered on `span`, within 0..limit."""
    need = span[1] - span[0]
    side = min(next((side for side in LADDER if side >= need), limit), limit)
    first = round((span[0] + span[1] - side) / 2)
    return min(max(first, 0), limit - side), side
