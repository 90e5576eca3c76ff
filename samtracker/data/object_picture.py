"""Pictures of one object each, from which a network learns to find what a user points at."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.clip import IGNORED, Clip, labeled_frame
from samtracker.data.photometry import Light
from samtracker.errors import DatasetError
from samtracker.types import Frame, Mask, mask_box

PADDING = (127, 127, 127)
"""RGB outside of a picture, where a square reaches beyond it."""

LEAST_AREA = 150
"""Pixels of an object in its picture; smaller ones are not pointed at."""

_CUT = 0.15  # share of the squares that may cut the object
_PASTED = 0.25  # share of the objects that are shown in front of another picture
_TURNED = 0.4
_GREY = 0.1
_BLURRED = 0.1
_TRIES = 10


@dataclass(frozen=True, kw_only=True)
class ObjectPicture:
    """A square of a picture around an object.

    Attributes:
        frame: RGB uint8 (S, S, 3).
        mask: bool (S, S), the object.
        ignored: bool (S, S), what is neither object nor background.
        inside: share of the object's area that the square shows, above 0 and at most 1.
    """

    frame: Frame
    mask: Mask
    ignored: Mask
    inside: float


@dataclass(frozen=True, kw_only=True)
class PictureSource:
    """Draws objects from labeled frames.

    Attributes:
        clips: clips or stills, those without a mask are passed over.
        size: side S of the squares in pixels.
    """

    clips: tuple[Clip, ...]
    size: int = 384

    def __post_init__(self) -> None:
        if not any(clip.labeled for clip in self.clips):
            raise DatasetError("no picture has a mask: read photos with masks as stills")

    def sample(self, rng: np.random.Generator) -> ObjectPicture:
        """Draw a random object in a random square.

        Args:
            rng: all that is random comes from it.

        Raises:
            DatasetError: a file cannot be read, or one picture after the other shows no object.
        """
        for _ in range(_TRIES):
            frame, mask, ignored = self._draw(rng)
            if frame is None:
                continue
            if rng.random() < _PASTED and _is_whole(mask):
                background = self._draw(rng, any_object=False)[0]
                if background is not None:
                    frame, ignored = _paste(frame, mask, background), np.zeros_like(mask)
            picture = self._square(frame, mask, ignored, rng)
            if picture is not None:
                return picture
        raise DatasetError(f"{_TRIES} pictures in a row show no object: check the masks")

    def _draw(
        self, rng: np.random.Generator, *, any_object: bool = True
    ) -> tuple[Frame | None, Mask, Mask]:
        """Draw a frame, one of its objects and what is ignored; no frame where it has no object."""
        clip = self.clips[rng.integers(len(self.clips))]
        nothing = np.zeros((1, 1), np.bool_)
        if not clip.labeled:
            return None, nothing, nothing
        frame, ids = labeled_frame(clip, int(rng.choice(clip.labeled)))
        if not any_object:
            return frame, nothing, nothing
        numbers, areas = np.unique(ids[(ids > 0) & (ids < IGNORED)], return_counts=True)
        large = areas >= LEAST_AREA
        if not large.any():
            return None, nothing, nothing
        # A large object is pointed at more often than a small one, but not by its area.
        weights = np.sqrt(areas[large])
        chosen = rng.choice(numbers[large], p=weights / weights.sum())
        return frame, ids == chosen, ids == IGNORED

    def _square(
        self, frame: Frame, mask: Mask, ignored: Mask, rng: np.random.Generator
    ) -> ObjectPicture | None:
        """Cut a random square, turned, mirrored and in another light; None where it misses."""
        matrix = _random_square(frame, mask, self.size, rng)
        scale = float(np.sqrt(np.abs(np.linalg.det(matrix[:, :2]))))
        where = (self.size, self.size)
        if scale < 0.7:  # an affine map reads single pixels: without this there would be moire
            deviation = 0.4 / scale
            frame = cv2.GaussianBlur(frame, (0, 0), deviation).astype(np.uint8)
        square = cv2.warpAffine(frame, matrix, where, flags=cv2.INTER_LINEAR, borderValue=PADDING)
        found = _warp_mask(mask, matrix, self.size)
        if found.sum() < LEAST_AREA:
            return None
        square = Light.draw(rng, strength=0.3).on(np.asarray(square, np.uint8))
        if rng.random() < _GREY:
            square = np.repeat(square.mean(2, keepdims=True), 3, axis=2).astype(np.uint8)
        if rng.random() < _BLURRED:
            square = cv2.GaussianBlur(square, (0, 0), rng.uniform(0.6, 2.0)).astype(np.uint8)
        whole = float(mask.sum()) * scale**2
        return ObjectPicture(
            frame=np.asarray(square, np.uint8),
            mask=found,
            ignored=_warp_mask(ignored, matrix, self.size),
            inside=min(float(found.sum()) / whole, 1.0),
        )


def _random_square(
    frame: Frame, mask: Mask, size: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Draw the affine map (2, 3) from a picture to a square of `size` pixels a side."""
    box = mask_box(mask)
    assert box is not None  # the object has an area
    x1, y1, x2, y2 = box
    extent = max(x2 - x1, y2 - y1, 24.0)
    if rng.random() < _CUT:
        side = extent * float(np.exp(rng.uniform(np.log(0.5), np.log(1.1))))
        reach = 0.5 * extent
    else:
        side = extent * float(np.exp(rng.uniform(np.log(1.15), np.log(5.0))))
        side = max(min(side, 1.1 * max(frame.shape[:2])), 1.05 * extent)
        reach = 0.5 * max(side - extent, 0.0)
    middle = np.array([x1 + x2, y1 + y2]) / 2 + rng.uniform(-1, 1, 2) * 0.9 * reach
    angle = rng.uniform(-0.5, 0.5) if rng.random() < _TURNED else 0.0
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = size / side * turn @ np.diag([mirror, 1.0])
    # From pixel centers to pixel centers.
    return np.column_stack([linear, size / 2 - 0.5 - linear @ (middle - 0.5)])


def _warp_mask(mask: Mask, matrix: NDArray[np.float64], size: int) -> Mask:
    values = cv2.warpAffine(255 * mask.view(np.uint8), matrix, (size, size))
    warped: Mask = values > 127
    return warped


def _is_whole(mask: Mask) -> bool:
    """Whether an object does not touch the border of its picture."""
    return not (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def _paste(frame: Frame, mask: Mask, background: Frame) -> Frame:
    """Show the object in front of another picture, with an edge a pixel soft."""
    size = (frame.shape[1], frame.shape[0])
    other = cv2.resize(background, size, interpolation=cv2.INTER_LINEAR)
    opacity = cv2.GaussianBlur(mask.astype(np.float32), (3, 3), 0)[..., None]
    return np.asarray(opacity * frame + (1 - opacity) * other, np.float32).astype(np.uint8)
