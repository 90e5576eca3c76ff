"""Parts cut out of a picture, to be moved over another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Frame, Mask, mask_box

_COARSE = 64  # side at which regions of one color are sought


@dataclass(frozen=True, kw_only=True)
class Cutout:
    """A part of a picture.

    Attributes:
        pixels: RGBA uint8 (H, W, 4), colors multiplied by the opacity, so that it can be
            resampled without a rim.
    """

    pixels: NDArray[np.uint8]

    @classmethod
    def of(cls, frame: Frame, mask: Mask) -> Self:
        """Cut along a mask that is not empty, with an edge a pixel soft."""
        box = mask_box(mask)
        assert box is not None  # the caller's promise
        x1, y1, x2, y2 = (int(value) for value in box)
        part = cv2.copyMakeBorder(frame[y1:y2, x1:x2], 2, 2, 2, 2, cv2.BORDER_REPLICATE)
        inside = 255 * mask[y1:y2, x1:x2].astype(np.uint8)
        opacity = cv2.copyMakeBorder(inside, 2, 2, 2, 2, cv2.BORDER_CONSTANT, value=(0,))
        opacity = cv2.GaussianBlur(opacity, (3, 3), 0)
        colors = cv2.multiply(part, cv2.merge([opacity] * 3), scale=1 / 255)
        return cls(pixels=np.asarray(cv2.merge([*cv2.split(colors), opacity]), np.uint8))

    @property
    def size(self) -> tuple[int, int]:
        """(H, W) in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def extent(self) -> float:
        """Side of a square of its opaque area, in pixels."""
        return max(float(np.sqrt(np.count_nonzero(self.pixels[..., 3] > 127))), 1.0)


def random_region(photo: Frame, rng: np.random.Generator) -> Mask:
    """Draw a part of a square picture that may pass for an object.

    In 0.6 of the draws it is what surrounds a point in one color; otherwise, and where that has no
    fitting area, it is a blob.

    Returns:
        Bool (size, size), not empty.
    """
    region = _colored(photo, rng) if rng.random() < 0.6 else None
    return _blob(photo.shape[0], rng) if region is None else region


def _colored(photo: Frame, rng: np.random.Generator) -> Mask | None:
    small = cv2.resize(photo, (_COARSE, _COARSE), interpolation=cv2.INTER_AREA)
    lab = cv2.cvtColor(cv2.GaussianBlur(small, (3, 3), 0), cv2.COLOR_RGB2LAB).astype(np.float32)
    row, column = rng.integers(_COARSE // 4, 3 * _COARSE // 4, 2)
    distance = np.linalg.norm(lab - lab[row, column], axis=2)
    near = (distance < rng.uniform(15, 45)).astype(np.uint8)
    labels = cv2.connectedComponents(near, connectivity=4)[1]
    region = (labels == labels[row, column]).astype(np.uint8)
    # A region without its holes and threads; one of the whole picture would be no object.
    region = cv2.morphologyEx(region, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    region = cv2.morphologyEx(region, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    if not 0.03 < region.mean() < 0.4:
        return None
    side = photo.shape[0]
    soft = cv2.GaussianBlur(region.astype(np.float32), (5, 5), 0)
    smooth = cv2.resize(soft, (side, side), interpolation=cv2.INTER_CUBIC)
    mask: Mask = smooth > 0.5
    return mask if mask.any() else None


def _blob(side: int, rng: np.random.Generator) -> Mask:
    """Draw a closed curve whose radius varies smoothly."""
    angles = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    radius = np.ones(96)
    for wave in range(2, 8):
        phase = rng.uniform(0, 2 * np.pi)
        radius += rng.normal(0, 0.5 / wave) * np.sin(wave * angles + phase)
    radius = radius.clip(0.25) / radius.max()
    radii = rng.uniform(0.12, 0.32, 2) * side
    turn = rng.uniform(0, np.pi)
    x, y = radii[0] * radius * np.cos(angles), radii[1] * radius * np.sin(angles)
    turned = np.stack(
        [np.cos(turn) * x - np.sin(turn) * y, np.sin(turn) * x + np.cos(turn) * y], axis=1
    )
    corners = rng.uniform(0.35, 0.65, 2) * side + turned
    blob = np.zeros((side, side), np.uint8)
    cv2.fillPoly(blob, [np.rint(corners).astype(np.int32)], (1,))
    return blob.astype(bool)
