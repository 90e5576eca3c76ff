"""Photos and masks as the data sets store them: one file each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samtracker.errors import DatasetError, PromptError, VideoError
from samtracker.prompts import mask_formats
from samtracker.types import Frame
from samtracker.video.stills import natural_order, read_still

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".webp")


def list_pictures(folder: Path) -> list[Path]:
    """List the pictures of a folder, in the order of the numbers in their names.

    A folder that does not exist has none.
    """
    if not folder.is_dir():
        return []
    found = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    return sorted(found, key=lambda path: (natural_order(path.stem), path.suffix))


def read_photo(path: Path) -> Frame:
    """Read a picture as RGB uint8 (H, W, 3), upright as its EXIF data say.

    Raises:
        DatasetError: It is missing or damaged.
    """
    with _reporting(path):
        return read_still(path)


def read_ids(path: Path) -> NDArray[np.uint16]:
    """Read a mask as a map of object ids, uint16 (H, W); see `mask_formats.read_id_map`.

    Raises:
        DatasetError: It is missing or damaged, or a color picture but no mask.
    """
    with _reporting(path):
        return mask_formats.read_id_map(path)


def read_numbers(path: Path) -> NDArray[np.uint16]:
    """Read a mask whose gray values or palette indices are ids as they are, uint16 (H, W).

    Raises:
        DatasetError: It is missing or damaged, or a color picture.
    """
    with _reporting(path):
        return mask_formats.read_gray_ids(path)


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise DatasetError(f"'{path}' does not exist: check that the data are complete") from error
    except (OSError, VideoError) as error:
        raise DatasetError(f"'{path}' is damaged: fetch it again or delete it") from error
    except PromptError as error:
        raise DatasetError(str(error)) from error
