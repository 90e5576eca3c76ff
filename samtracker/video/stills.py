"""Still pictures: which files are, reading and writing one, the order of many."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import imageio.v3 as iio

from samtracker.files import replacing
from samtracker.types import Frame
from samtracker.video.picture_file import PictureFile

IMAGE_SUFFIXES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""Suffixes of the files in a folder of images."""

ANIMATION_SUFFIXES: Final = (".apng", ".gif")
"""Suffixes of files that have several pictures as a rule; of the others PNG, TIFF and WebP may."""


def read_still(path: Path) -> Frame:
    """Read the first picture of a file; see `PictureFile`.

    Returns:
        RGB uint8 (H, W, 3), upright.

    Raises:
        VideoError: The file is empty, damaged, or no picture.
        OSError: The file cannot be opened.
    """
    with PictureFile(path) as pictures:
        return pictures.read(0)


def write_still(path: Path, picture: Frame) -> None:
    """Write a PNG, whole or not at all.

    Args:
        path: The file; an existing one is replaced.
        picture: RGB uint8 (H, W, 3).

    Raises:
        OutputError: The disk is full or the file cannot be written.
    """
    with replacing(path) as partial:
        partial.write_bytes(iio.imwrite("<bytes>", picture, plugin="pillow", extension=".png"))


def natural_order(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts 2.png before 10.png, and equal numbers (01, 1) by the whole name.

    >>> sorted(["10", "9b", "09", "9"], key=natural_order)
    ['09', '9', '9b', '10']
    """
    parts = re.split(r"([0-9]+)", name.casefold())
    return [int(part) if part.isdecimal() else part for part in parts], name
