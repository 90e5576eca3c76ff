"""Data sets for the tests, in the layouts of the official ones, of small drawn pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker.palette import PALETTE
from samtracker.types import Frame

SIZE = (36, 48)


def photo(number: int, size: tuple[int, int] = SIZE) -> Frame:
    """Noise whose mean grows with the number."""
    noise = np.random.default_rng(number).integers(-10, 11, (*size, 3))
    return (noise + 40 + 12 * number).clip(0, 255).astype(np.uint8)


def ids(number: int, objects: int = 1, size: tuple[int, int] = SIZE) -> NDArray[np.uint8]:
    """Squares that move right with the number; object k is 4 k + 4 pixels high."""
    drawn = np.zeros(size, np.uint8)
    for k in range(1, objects + 1):
        left = 2 * number + 16 * (k - 1)
        drawn[4 : 8 + 4 * k, left : left + 10] = k
    return drawn


def write_photo(path: Path, picture: Frame) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(picture).save(path)
    return path


def write_mask(path: Path, values: NDArray[np.uint8], mode: str = "P") -> Path:
    """Writes ids as `P`, or the picture of them as `L`, `LA`, `RGB` or `RGBA`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(values)
    if mode == "P":
        image.putpalette(PALETTE.tobytes())
    elif mode in ("RGB", "RGBA"):
        image = Image.fromarray(PALETTE[values])
    image.convert(mode).save(path)
    return path


def write_clip(
    images: Path, masks: Path, *, frames: int = 6, objects: int = 1, every: int = 1
) -> None:
    for number in range(frames):
        write_photo(images / f"{number:05}.jpg", photo(number))
        if number % every == 0:
            write_mask(masks / f"{number:05}.png", ids(number, objects))


def write_davis(
    root: Path, clips: tuple[str, ...] = ("bear", "bus"), *, folder: str = "480p", objects: int = 1
) -> Path:
    for clip in clips:
        write_clip(
            root / "JPEGImages" / "480p" / clip,
            root / "Annotations" / "480p" / clip,
            objects=objects,
        )
    listed = root / "ImageSets" / folder / "train.txt"
    listed.parent.mkdir(parents=True)
    listed.write_text("\n".join(clips) + "\n", "utf-8")
    return root


def write_youtube(root: Path, *, meta: bool = True) -> Path:
    train = root / "train"
    write_clip(
        train / "JPEGImages" / "0a1b", train / "Annotations" / "0a1b", frames=11, objects=2, every=5
    )
    if meta:
        objects = {
            str(k): {"category": "dog", "frames": ["00000", "00005", "00010"]} for k in (1, 2)
        }
        (train / "meta.json").write_text(json.dumps({"videos": {"0a1b": {"objects": objects}}}))
    return root


def write_stills(root: Path, count: int = 3) -> Path:
    for number in range(count):
        write_photo(root / "images" / f"{number}.jpg", photo(number))
        write_mask(root / "masks" / f"{number}.png", 255 * ids(number), "L")
    return root
