"""Framing: samples of any size made square, as a network takes them."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.photometry import Light
from samtracker.data.photos import resize_photo
from samtracker.data.sample import MAIN, Sample
from samtracker.types import mask_box

PADDING = (124, 116, 104)
"""RGB outside of a frame: ImageNet's mean, which the encoders see as about the 0 that a tracker's
frames are padded with."""


def letterbox(sample: Sample, size: int) -> Sample:
    """Scales whole frames to the longest side `size`, with `PADDING` at the bottom or right."""
    height, width = sample.ids.shape[1:]
    scale = size / max(height, width)
    inner = max(round(scale * height), 1), max(round(scale * width), 1)
    frames = np.full((len(sample.frames), size, size, 3), PADDING, np.uint8)
    ids = np.zeros((len(sample.ids), size, size), np.uint8)
    for number, (frame, numbers) in enumerate(zip(sample.frames, sample.ids, strict=True)):
        frames[number, : inner[0], : inner[1]] = resize_photo(frame, inner)
        ids[number, : inner[0], : inner[1]] = _resize_ids(numbers, inner)
    return Sample(frames=frames, ids=ids, name=sample.name)


def object_crop(sample: Sample, size: int, rng: np.random.Generator) -> Sample:
    """Crop all frames to one random square, mirrored in half of the draws, in another light.

    The square holds the whole object of the first frame, its side is 0.5 to 1 of the frame's
    short side or, if that is longer, the object's. Outside of the frame is `PADDING`.
    """
    box = mask_box(sample.ids[0] == MAIN)
    if box is None:
        return letterbox(sample, size)
    x1, y1, x2, y2 = (int(value) for value in box)
    height, width = sample.ids.shape[1:]
    side = max(int(rng.uniform(0.5, 1.0) * min(height, width)), x2 - x1, y2 - y1)
    left, top = _place(x1, x2, side, width, rng), _place(y1, y2, side, height, rng)
    mirrored = rng.random() < 0.5
    light = Light.draw(rng, strength=0.12)
    frames, ids = [], []
    for frame, numbers in zip(sample.frames, sample.ids, strict=True):
        part = light.on(resize_photo(_cut(frame, left, top, side), (size, size)))
        cut = _resize_ids(_cut(numbers, left, top, side), (size, size))
        frames.append(part[:, ::-1] if mirrored else part)
        ids.append(cut[:, ::-1] if mirrored else cut)
    return Sample(frames=np.stack(frames), ids=np.stack(ids), name=sample.name)


def _place(first: int, end: int, side: int, whole: int, rng: np.random.Generator) -> int:
    """Draw where a square begins that holds `first` to `end`, within the frame if it fits."""
    low = max(min(0, whole - side), end - side)
    high = min(max(0, whole - side), first)
    return int(rng.integers(low, high + 1))


def _cut(picture: NDArray[np.uint8], left: int, top: int, side: int) -> NDArray[np.uint8]:
    """Cuts out the square at (left, top), with `PADDING` or False where it leaves the picture."""
    square = np.zeros((side, side, *picture.shape[2:]), picture.dtype)
    if picture.ndim == 3:
        square[:] = PADDING
    part = picture[max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)]
    row, column = max(-top, 0), max(-left, 0)
    square[row : row + part.shape[0], column : column + part.shape[1]] = part
    return square


def _resize_ids(ids: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    way = cv2.INTER_NEAREST_EXACT
    return np.asarray(cv2.resize(ids, size[::-1], interpolation=way), np.uint8)
