"""Photos for synthetic clips: cropped from files, or painted where there are none."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.clip import Clip
from samtracker.types import Frame, Size


def draw_photo(photos: tuple[Clip, ...], size: Size, rng: np.random.Generator) -> Frame:
    """Draw a part of any frame of the photos or, without photos, paint a picture.

    Args:
        photos: Stills or clips; may be empty.
        size: (H, W) of the result.
        rng: Generator of every random choice.

    Returns:
        RGB uint8 (H, W, 3): at least 0.7 of what fits, half of them mirrored.

    Raises:
        DatasetError: The file cannot be read.
    """
    if not photos:
        return paint(size, rng)
    photo = photos[rng.integers(len(photos))]
    frame = photo.frame(int(rng.integers(len(photo))))
    share = rng.uniform(0.7, 1.0) * min(frame.shape[0] / size[0], frame.shape[1] / size[1])
    height, width = max(int(share * size[0]), 1), max(int(share * size[1]), 1)
    top, left = rng.integers(frame.shape[0] - height + 1), rng.integers(frame.shape[1] - width + 1)
    part = resize_photo(frame[top : top + height, left : left + width], size)
    return np.ascontiguousarray(part[:, ::-1]) if rng.random() < 0.5 else part


def resize_photo(photo: Frame, size: Size) -> Frame:
    """Resize a photo to (H, W), by areas where it shrinks so that no moire appears."""
    way = cv2.INTER_AREA if photo.shape[0] > size[0] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(photo, size[::-1], interpolation=way), np.uint8)


def paint(size: Size, rng: np.random.Generator) -> Frame:
    """Paint a picture of clouds, gradients, stripes and shapes, RGB uint8 (H, W, 3)."""
    picture = _texture(size, rng)
    for _ in range(rng.integers(2, 6)):
        angles = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
        if rng.random() < 0.5:
            angles = np.linspace(0, 2 * np.pi, 32)
        radii = rng.integers(max(size) // 20, max(size) // 3, 2) + 2
        corners = radii * (1 + np.stack([np.cos(angles), np.sin(angles)], axis=1))
        shape = np.zeros((2 * radii[1], 2 * radii[0]), np.uint8)
        cv2.fillPoly(shape, [np.rint(corners).astype(np.int32)], (255,))
        left, top = rng.integers(-radii, np.array(size[::-1]) - radii)
        place = picture[max(top, 0) : top + len(shape), max(left, 0) : left + shape.shape[1]]
        shape = shape[max(-top, 0) :, max(-left, 0) :][: place.shape[0], : place.shape[1]]
        cv2.copyTo(_texture((place.shape[0], place.shape[1]), rng), shape, place)
    return picture


def _noise(size: Size, cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Draw smooth noise of deviation about 1, float32 (H, W, 1)."""
    knots = rng.standard_normal((cells + 3, cells + 3), np.float32)
    smooth = cv2.resize(knots, size[::-1], interpolation=cv2.INTER_CUBIC)
    return np.asarray(smooth, np.float32)[..., None]


def _texture(size: Size, rng: np.random.Generator) -> Frame:
    """Draw clouds around a color, with a gradient and perhaps stripes."""
    color = rng.uniform(30, 225, 3).astype(np.float32)
    tint = rng.uniform(0.3, 1.0, 3).astype(np.float32)
    down = np.linspace(-1, 1, size[0], dtype=np.float32)[:, None, None]
    along = np.linspace(-1, 1, size[1], dtype=np.float32)[:, None]
    slope = rng.uniform(-40, 40, 2).astype(np.float32)
    relief = slope[0] * along + slope[1] * down
    for cells in (4, 16, 64):
        relief = relief + np.float32(rng.uniform(0, 25)) * _noise(size, cells, rng)
    if rng.random() < 0.3:
        rate = rng.uniform(5, 40, 2).astype(np.float32)
        relief = relief + 30 * np.sin(rate[0] * along + rate[1] * down)
    return np.asarray((color + tint * relief).clip(0, 255), np.uint8)
