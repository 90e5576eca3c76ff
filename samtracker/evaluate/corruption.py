"""Corruptions, which make clips harder to see how much a tracker bears."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.config import CORRUPTIONS
from samtracker.data.clip import Clip
from samtracker.data.photos import paint
from samtracker.errors import ConfigError
from samtracker.types import Frame, Mask, mask_box

STRENGTHS: Final = (1, 2, 3)

_BLUR = (0.004, 0.008, 0.016)  # standard deviation, as a share of the short side
_NOISE = (10, 25, 50)  # standard deviation in gray levels
_DARK = (0.5, 0.25, 0.12)  # share of the light that is left
_JPEG = (30, 15, 5)  # quality
_EVERY = (2, 3, 5)  # frames of which one is kept
_BAR = (0.1, 0.2, 0.35)  # width, as a share of the frame's
_CROSSING = 40  # frames in which the bar crosses the picture
_COPIES = (1, 2, 3)  # look-alikes


@dataclass(frozen=True, kw_only=True)
class Corrupted:
    """A clip that is corrupted in one way.

    Each frame is a function of the name of the clip and the number of the frame.

    Attributes:
        clip: The clean clip.
        kind: Name of the corruption, of `KINDS`.
        strength: 1, 2 or 3.

    Raises:
        ConfigError: There is no such kind or strength.
    """

    clip: Clip
    kind: str
    strength: int

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ConfigError(f"corrupt={self.kind!r} does not exist: use {', '.join(KINDS)}")
        if self.strength not in STRENGTHS:
            raise ConfigError(f"strength={self.strength} does not exist: use 1, 2 or 3")

    @property
    def name(self) -> str:
        """Name of the clean clip."""
        return self.clip.name

    @property
    def merged(self) -> bool:
        """Whether the data set takes all objects of the clip as one."""
        return self.clip.merged

    @property
    def object_ids(self) -> tuple[int, ...]:
        """Ids of the objects of the clean clip."""
        return self.clip.object_ids

    @cached_property
    def _kept(self) -> tuple[int, ...]:
        """Numbers, in the clean clip, of the frames that are left."""
        every = _EVERY[self.strength - 1] if self.kind == "drop-frames" else 1
        first = self.clip.labeled[0] if self.clip.labeled else 0
        return tuple(range(first % every, len(self.clip), every))

    def __len__(self) -> int:
        return len(self._kept)

    @cached_property
    def labeled(self) -> tuple[int, ...]:
        """Numbers of the frames that have a mask and are left."""
        labeled = set(self.clip.labeled)
        return tuple(number for number, kept in enumerate(self._kept) if kept in labeled)

    def stem(self, number: int) -> str:
        """Return the name of a frame's files without their ending, see `Clip`."""
        return self.clip.stem(self._kept[number])

    def frame(self, number: int) -> Frame:
        """Return a corrupted frame, RGB uint8 (H, W, 3)."""
        return KINDS[self.kind](self, self.clip.frame(self._kept[number]), number)

    def mask(self, number: int) -> NDArray[np.uint16]:
        """Return the ids (H, W) in a frame, without what an occluder hides."""
        ids = self.clip.mask(self._kept[number])
        if self.kind == "occluder":
            left, right = self.bar(number, ids.shape[1])
            ids = ids.copy()
            ids[:, left:right] = 0
        return ids

    def bar(self, number: int, width: int) -> tuple[int, int]:
        """Return the columns of the occluder, which comes in from the left.

        In the first labeled frame it is still outside.

        Args:
            number: Number of the frame.
            width: Width of the frame in pixels.

        Returns:
            The first column, and the last one + 1.
        """
        thick = _BAR[self.strength - 1]
        way = (number - self.labeled[0]) / _CROSSING % 1.0
        right = way * (1 + thick)
        return round(max(right - thick, 0.0) * width), round(min(right, 1.0) * width)

    def seed(self, number: int) -> np.random.Generator:
        """Return the random generator of a frame."""
        return np.random.default_rng([zlib.crc32(self.name.encode()), number])


def _blur(clip: Corrupted, frame: Frame, number: int) -> Frame:
    sigma = _BLUR[clip.strength - 1] * min(frame.shape[:2])
    return np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.uint8)


def _noise(clip: Corrupted, frame: Frame, number: int) -> Frame:
    noise = clip.seed(number).normal(0, _NOISE[clip.strength - 1], frame.shape)
    return (frame + noise).clip(0, 255).round().astype(np.uint8)


def _dark(clip: Corrupted, frame: Frame, number: int) -> Frame:
    return (frame * _DARK[clip.strength - 1]).round().astype(np.uint8)


def _jpeg(clip: Corrupted, frame: Frame, number: int) -> Frame:
    quality = [cv2.IMWRITE_JPEG_QUALITY, _JPEG[clip.strength - 1]]
    _, code = cv2.imencode(".jpg", frame, quality)
    return np.asarray(cv2.imdecode(code, cv2.IMREAD_COLOR), np.uint8)


def _drop_frames(clip: Corrupted, frame: Frame, number: int) -> Frame:
    return frame


def _occluder(clip: Corrupted, frame: Frame, number: int) -> Frame:
    height, width = frame.shape[:2]
    left, right = clip.bar(number, width)
    hidden = frame.copy()
    hidden[:, left:right] = paint((height, width), clip.seed(0))[:, : right - left]
    return hidden


def _look_alike(clip: Corrupted, frame: Frame, number: int) -> Frame:
    """Paste mirrored copies of the objects, which the latest mask shows, beside and below them."""
    before = [labeled for labeled in clip.labeled if labeled <= number]
    if not before:
        return frame
    ids = clip.mask(before[-1])
    mask: Mask = cv2.resize(ids, frame.shape[1::-1], interpolation=cv2.INTER_NEAREST_EXACT) > 0
    box = mask_box(mask)
    if box is None:
        return frame
    left, top, right, bottom = (int(side) for side in box)
    part, shape = frame[top:bottom, left:right, :][:, ::-1], mask[top:bottom, left:right][:, ::-1]
    crowded = frame.copy()
    for copy in range(_COPIES[clip.strength - 1]):
        # Right, left, below: each by a bit more than the object's own size, and swaying.
        sway = 0.1 * np.sin(0.15 * number + copy)
        x, y = ((1.15 + sway, 0.1), (-1.15 - sway, -0.1), (0.1, 1.15 + sway))[copy]
        corner = left + round(x * (right - left)), top + round(y * (bottom - top))
        _paste(crowded, part, shape, corner)
    crowded[mask] = frame[mask]
    return crowded


def _paste(frame: Frame, part: Frame, shape: Mask, corner: tuple[int, int]) -> None:
    """Draw what of a part lies in the frame; its corner is (left, top)."""
    left, top = corner
    rows = slice(max(top, 0), max(min(top + part.shape[0], frame.shape[0]), 0))
    columns = slice(max(left, 0), max(min(left + part.shape[1], frame.shape[1]), 0))
    inner = (
        slice(rows.start - top, max(rows.stop - top, 0)),
        slice(columns.start - left, max(columns.stop - left, 0)),
    )
    place = frame[rows, columns]
    if place.size:
        place[shape[inner]] = part[inner][shape[inner]]


KINDS: Final[dict[str, Callable[[Corrupted, Frame, int], Frame]]] = dict(
    zip(
        CORRUPTIONS,
        (_blur, _noise, _dark, _jpeg, _drop_frames, _occluder, _look_alike),
        strict=True,
    )
)
"""The corruptions by name."""
