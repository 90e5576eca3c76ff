"""Still pictures, animations and the pages of a TIFF, read and written by imageio."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from fractions import Fraction
from io import BufferedReader
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import imageio.v3 as iio
import numpy as np
from numpy.typing import NDArray

from samtracker.errors import VideoError
from samtracker.files import DAMAGE, writing
from samtracker.types import Frame

IMAGE_SUFFIXES: Final = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
"""Suffixes of the files in a folder of images."""

ANIMATION_SUFFIXES: Final = (".apng", ".gif")
"""Suffixes of files that have several pictures as a rule; of the others PNG, TIFF and WebP may."""

_UNREADABLE = (OSError, EOFError, SyntaxError, struct.error, *DAMAGE)
_TIFF_HEADS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TURNS: Final = {
    **{1: (0, False), 2: (0, True), 3: (2, False), 4: (2, True)},
    **{5: (-1, True), 6: (-1, False), 7: (1, True), 8: (1, False)},
}
"""Quarter turns to the left for each orientation in EXIF data, and whether a mirroring follows."""


class PictureFile:
    """The pictures in a file, of which most files have one.

    Args:
        path: A file in any format that Pillow reads, or a TIFF that tifffile reads.

    Raises:
        VideoError: The file is empty, no picture, or damaged at its beginning.
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._name = f"'{path}'"
        self._file = path.open("rb")
        try:
            self._pictures = _open(self._file)
            number = self._pictures.count
            # The picture that an APNG has for programs that show stills is none of its frames.
            self._first = int(number > 1 and bool(self._pictures.info(0).get("default_image")))
            self._count = number - self._first
        except _UNREADABLE as error:
            empty = not path.stat().st_size
            self._file.close()
            reason = "is empty (0 bytes)" if empty else "is damaged, or no picture that can be read"
            raise VideoError(f"{self._name} {reason}: give another file") from error

    def __len__(self) -> int:
        return self._count

    def read(self, number: int) -> Frame:
        """Read a picture as a viewer shows it, turned as its EXIF data say; alpha is left out.

        Args:
            number: Number of the picture, from 0. Going back costs reading from the beginning.

        Returns:
            RGB uint8 (H, W, 3); of 16 bits the upper 8.

        Raises:
            VideoError: The picture is damaged.
        """
        index = self._first + number
        try:
            rgb = self._pictures.rgb(index)
            orientation = self._pictures.info(index).get("Orientation", 1)
            turns, mirrored = _TURNS.get(orientation, (0, False))
            upright = np.rot90(rgb, turns)
            return np.array(upright[:, ::-1] if mirrored else upright, order="C")
        except _UNREADABLE as error:
            raise VideoError(f"picture {number} of {self._name} is damaged: {error}") from error

    def durations(self) -> Iterator[Fraction | None]:
        """Yield for how many seconds each picture is shown; None where the file does not say.

        Unless the first picture says nothing or is the only one, all are decoded for it.
        """
        for number in range(self._count):
            duration = self._duration(number) if self._count > 1 else None
            if number == 0 and duration is None:
                yield from [None] * self._count
                return
            yield duration

    def close(self) -> None:
        """Close the file; it may be called twice."""
        self._pictures.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _duration(self, number: int) -> Fraction | None:
        try:
            self.read(number)  # the duration of a WebP's picture is known only then
        except VideoError:
            return None
        milliseconds = self._pictures.info(self._first + number).get("duration")
        return Fraction(milliseconds).limit_denominator(10**6) / 1000 if milliseconds else None


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
    partial = path.with_name(f".{path.name}.partial")
    with writing(path):
        try:
            partial.write_bytes(iio.imwrite("<bytes>", picture, plugin="pillow", extension=".png"))
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def natural_order(name: str) -> tuple[list[str | int], str]:
    """Return a key that sorts 2.png before 10.png, and equal numbers (01, 1) by the whole name.

    >>> sorted(["10", "9b", "09", "9"], key=natural_order)
    ['09', '9', '9b', '10']
    """
    parts = re.split(r"([0-9]+)", name.casefold())
    return [int(part) if part.isdecimal() else part for part in parts], name


def _open(file: BufferedReader) -> _PillowPictures | _TiffPictures:
    if file.peek(4)[:4] in _TIFF_HEADS:
        pages = _open_tiff(file)
        if pages is not None and pages.deep_planes:
            return pages
    file.seek(0)
    try:
        return _PillowPictures(iio.imopen(file, "r", plugin="pillow"))
    except OSError:
        file.seek(0)
        return _TiffPictures(iio.imopen(file, "r", plugin="tifffile"))


def _open_tiff(file: BufferedReader) -> _TiffPictures | None:
    try:
        return _TiffPictures(iio.imopen(file, "r", plugin="tifffile"))
    except _UNREADABLE:
        return None


class _PillowPictures:
    """Pictures of any format, as imageio's Pillow plugin gives them."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        try:
            self.count: int = reader.properties(index=...).n_images
        except _UNREADABLE:  # cut off between two pictures
            self.count = self._count()

    def _count(self) -> int:
        """Count the pictures up to the first that is damaged, this one included."""
        self.info(0)
        for index in count(1):
            try:
                self.info(index)
            except _UNREADABLE:
                break
        return index + 1

    def info(self, index: int) -> dict[str, Any]:
        info: dict[str, Any] = self._reader.metadata(index=index, exclude_applied=False)
        return info

    def rgb(self, index: int) -> NDArray[np.uint8]:
        mode = self.info(index)["mode"]
        if mode.startswith("I;16"):  # Pillow would clip 16-bit gray, not scale it
            return _three_channels(self._reader.read(index=index))
        # Pillow warns of a palette with transparency that is not converted to RGBA.
        wanted = "RGBA" if mode == "P" else "RGB"
        rgb: NDArray[np.uint8] = self._reader.read(index=index, mode=wanted)[..., :3]
        return rgb

    def close(self) -> None:
        self._reader.close()


class _TiffPictures:
    """Pages of a TIFF that Pillow does not read, as imageio's tifffile plugin gives them."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.count: int = reader.properties(index=..., page=...).n_images

    @property
    def deep_planes(self) -> bool:
        """Whether there is a plane of 16 bits for each channel, which Pillow jumbles."""
        bytes_a_sample: int = self._reader.properties(index=..., page=0).dtype.itemsize
        return bytes_a_sample == 2 and self._separate(0)

    def info(self, index: int) -> dict[str, Any]:
        info: dict[str, Any] = self._reader.metadata(index=..., page=index)
        return info

    def rgb(self, index: int) -> NDArray[np.uint8]:
        pixels = self._reader.read(index=..., page=index)
        return _three_channels(np.moveaxis(pixels, 0, -1) if self._separate(index) else pixels)

    def close(self) -> None:
        self._reader.close()

    def _separate(self, index: int) -> bool:
        info = self.info(index)
        return bool(info["planar_configuration"] == 2 and info.get("SamplesPerPixel", 1) > 1)


def _three_channels(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Turn (H, W) or (H, W, 3 or more) of 8 or 16 bits into uint8 (H, W, 3)."""
    if pixels.dtype.kind != "u" or pixels.dtype.itemsize > 2:
        raise ValueError(f"its samples are {pixels.dtype}, not integers of 8 or 16 bits")
    deep = (pixels >> 8 if pixels.dtype.itemsize == 2 else pixels).astype(np.uint8)
    return np.dstack([deep] * 3) if deep.ndim == 2 else deep[..., :3]
