"""Photos and masks as the data sets store them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from samtracker.errors import DatasetError
from samtracker.palette import PALETTE
from samtracker.types import Frame

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")
_DARKEST_SHADE = 32  # grey values below it are ids, not shades


def list_pictures(folder: Path) -> dict[str, Path]:
    """The pictures of a folder by their stem, in the order of the numbers in their names.

    A folder that does not exist has none.
    """
    if not folder.is_dir():
        return {}
    found = {path.stem: path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES}
    return {stem: found[stem] for stem in sorted(found, key=_natural)}


def read_photo(path: Path) -> Frame:
    """Reads a picture as RGB uint8 (H, W, 3), upright as its EXIF data say.

    Raises:
        DatasetError: it is missing or damaged.
    """
    image = _open(path)
    return np.array(ImageOps.exif_transpose(image).convert("RGB"))


def read_numbers(path: Path) -> NDArray[np.uint8]:
    """Reads a mask whose grey values or palette indices are ids as they are, uint8 (H, W).

    Raises:
        DatasetError: it is missing or damaged, or in color.
    """
    image = _open(path)
    if image.mode not in ("1", "L", "P"):
        raise DatasetError(f"'{path}' is in color: give a gray mask whose values are ids")
    return np.array(image, np.uint8)


def read_ids(path: Path) -> NDArray[np.uint16]:
    """Reads a mask as a map of object ids, uint16 (H, W).

    The indices of a palette are ids, and so are grey values below 32; lighter greys are one
    object where they are above half, so that antialiased edges add none. Colours must be those
    of the DAVIS palette. What is transparent is background.

    Raises:
        DatasetError: it is missing or damaged, or a coloured picture but no mask.
    """
    image = _open(path)
    if image.mode == "P":
        return np.array(image, np.uint16)
    if image.mode == "1" or image.mode.startswith("I"):
        return _grey_ids(np.array(image))
    colours = np.array(image.convert("RGBA"))
    shown = colours[..., :3] * (colours[..., 3:] > 127)
    if (shown == shown[..., :1]).all():
        return _grey_ids(shown[..., 0])
    known, codes = _codes(PALETTE), _codes(shown)
    order = np.argsort(known)
    nearest = np.searchsorted(known[order], codes).clip(max=len(known) - 1)
    ids: NDArray[np.uint16] = order[nearest].astype(np.uint16)
    if not np.array_equal(known[ids], codes):
        raise DatasetError(f"'{path}' is no mask: its colours are not those of the DAVIS palette")
    return ids


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
    except FileNotFoundError as error:
        raise DatasetError(f"'{path}' does not exist: check that the data are complete") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise DatasetError(f"'{path}' is damaged: fetch it again or delete it") from error
    return image


def _grey_ids(grey: NDArray[Any]) -> NDArray[np.uint16]:
    high = int(grey.max())
    if high < _DARKEST_SHADE:
        return grey.astype(np.uint16)
    lit: NDArray[np.bool_] = grey > high // 2
    return lit.astype(np.uint16)


def _codes(colours: NDArray[np.uint8]) -> NDArray[np.int64]:
    """One number for each colour: (..., 3) to (...)."""
    codes: NDArray[np.int64] = colours.astype(np.int64) @ np.array([1 << 16, 1 << 8, 1])
    return codes


def _natural(stem: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", stem)]
