"""Clips made from single images with masks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.clip import IGNORED, Clip, labeled_frame
from samtracker.data.cutout import Cutout
from samtracker.data.photos import draw_photo, resize_photo
from samtracker.data.sample import Sample
from samtracker.data.synthetic_source import stage
from samtracker.errors import DatasetError
from samtracker.types import Frame, Mask, Size, mask_box

_OWN_BACKGROUND = 0.5  # share of the clips
_NEIGHBOR = 0.6  # share of those with other objects, one of which moves beside
_LEAST_AREA = 400  # pixels of an object that is taken before those cut by the border


@dataclass(frozen=True, kw_only=True)
class StillSource:
    """Cuts an object out of its photo and moves it over the same photo or another one.

    See `SampleSource`. Where the object was cut out, the photo is filled in.

    Attributes:
        photos: Clips whose labeled frames are the photos.
        size: Longest side of the frames in pixels.
    """

    photos: tuple[Clip, ...]
    size: int = 384

    def __post_init__(self) -> None:
        if not all(photo.labeled for photo in self.photos) or not self.photos:
            raise DatasetError("stills need a mask for every photo: read photos alone as photos")

    def __len__(self) -> int:
        """Return the number of photos."""
        return len(self.photos)

    def sample(self, index: int, length: int, rng: np.random.Generator) -> Sample:
        """Make a sample; see `SampleSource.sample`.

        The index is that of the photo; one of its labeled frames and objects is drawn.
        """
        photo = self.photos[index]
        frame, ids = labeled_frame(photo, int(rng.choice(photo.labeled)))
        size = _fitting((frame.shape[0], frame.shape[1]), self.size)
        frame = resize_photo(frame, size)
        ids = np.asarray(cv2.resize(ids, size[::-1], interpolation=cv2.INTER_NEAREST_EXACT))
        found = np.unique(ids[(ids > 0) & (ids < IGNORED)])
        if not found.size:
            raise DatasetError(f"the mask of '{photo.name}' is empty: remove it")
        mask = ids == _object(ids, found, rng)
        own = rng.random() < _OWN_BACKGROUND
        background = fill(frame, mask) if own else draw_photo(self.photos, size, rng)
        # Over its own background the object begins where it was, and hides what is filled in.
        home = _middle(mask) if own else None
        others = found[found != ids[mask][0]]
        neighbor = None
        if others.size and rng.random() < _NEIGHBOR:  # of the same photo, and so often its kind
            neighbor = Cutout.of(frame, ids == _object(ids, others, rng))
        cutout = Cutout.of(frame, mask)
        scene = stage(cutout, background, self.photos, length, rng, home=home, neighbor=neighbor)
        frames, numbers = scene.film()
        return Sample(frames=frames, ids=numbers, name=photo.name)


def _object(ids: NDArray[Any], known: NDArray[Any], rng: np.random.Generator) -> int:
    """One of the objects, whole ones first: one that the border cuts is no thing to complete."""
    inner = np.setdiff1d(known, np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]]))
    large = [number for number in inner if np.count_nonzero(ids == number) >= _LEAST_AREA]
    return int(rng.choice(large if large else known))


def fill(frame: Frame, mask: Mask) -> Frame:
    """Fill the masked part of a frame smoothly from around it; return RGB uint8 (H, W, 3).

    Source: the pull-push algorithm, Gortler et al., "The Lumigraph", SIGGRAPH 1996.
    """
    hole = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    known = np.where(hole, 0, 1).astype(np.float32)[..., None]
    filled = _pull_push(np.concatenate([frame * known, known], axis=2))
    return np.where(hole[..., None], filled, frame).astype(np.uint8)


def _pull_push(weighted: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return colors (H, W, 3) of (H, W, 4): colors times their weight, and the weight."""
    height, width = weighted.shape[:2]
    weight = weighted[..., 3:]
    colors: NDArray[np.float32] = weighted[..., :3] / np.maximum(weight, 1e-6).astype("f4")
    if min(height, width) == 1 or weight.min() >= 1:
        return colors
    half = cv2.resize(weighted, (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(_pull_push(np.asarray(half, np.float32)), (width, height))
    filled: NDArray[np.float32] = weight * colors + (1 - weight) * np.asarray(coarse, np.float32)
    return filled


def _middle(mask: Mask) -> tuple[float, float]:
    """Return the middle of the mask's box, (x, y) as shares of the picture."""
    box = mask_box(mask)
    assert box is not None  # masks here show something
    return (box[0] + box[2]) / 2 / mask.shape[1], (box[1] + box[3]) / 2 / mask.shape[0]


def _fitting(size: Size, longest: int) -> Size:
    scale = longest / max(size)
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)
