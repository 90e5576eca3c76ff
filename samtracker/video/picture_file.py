"""The pictures in one file: a still, an animation, or the pages of a TIFF."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from io import BufferedReader
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.picture_kind import HEAD, unsupported_kind
from samtracker.video.pillow_pictures import UNREADABLE, PillowPictures
from samtracker.video.pixel_limit import TooManyPixels, pixel_limit
from samtracker.video.renderer import Renderer
from samtracker.video.sample_range import SampleRange, Samples
from samtracker.video.tiff_pictures import TIFF_HEADS, TiffPictures

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
        VideoError: It is no file, empty, no picture, too large, or damaged at its beginning.
        OSError: The file cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._name = f"'{path}'"
        if path.exists() and not path.is_file():  # opening a pipe would wait for its writer
            raise VideoError(f"{self._name} is no file: give a picture")
        self._file = path.open("rb")
        try:
            self._pictures = _open(self._file)
            self._indices = self._pictures.frames
        except (TooManyPixels, *UNREADABLE) as error:
            reason = self._diagnosis(error)
            self._file.close()
            raise VideoError(f"{self._name} {reason}") from error
        self._renderer = Renderer(self.ranges)

    def __len__(self) -> int:
        return len(self._indices)

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be chosen to read its pictures, in words."""
        return self._renderer.notes

    def read(self, number: int) -> Frame:
        """Read a picture as a viewer shows it, alike to the others in the file; see `Renderer`.

        Args:
            number: Number of the picture, from 0. Going back costs reading from the beginning.

        Returns:
            RGB uint8 (H, W, 3), turned as its EXIF data say.

        Raises:
            VideoError: The picture is damaged or too large.
        """
        return self._renderer.frame(self.samples(number))

    def samples(self, number: int) -> Samples:
        """Read a picture as it is stored, but turned as its EXIF data say.

        Raises:
            VideoError: The picture is damaged or too large.
        """
        index = self._indices[number]
        try:
            stored = self._pictures.samples(index)
            orientation = self._pictures.info(index).get("Orientation", 1)
        except TooManyPixels as error:
            raise VideoError(f"{self._name} {self._diagnosis(error)}") from error
        except UNREADABLE as error:
            raise VideoError(
                f"picture {number} of {self._name} is damaged ({error}): copy or download it again"
            ) from error
        turns, mirrored = _TURNS.get(orientation, (0, False))
        upright = np.rot90(stored[..., None] if stored.ndim == 2 else stored, turns)
        return upright[:, ::-1] if mirrored else upright

    def ranges(self) -> Iterator[SampleRange]:
        """Yield the range of each picture, as far as it is not damaged."""
        for number, index in enumerate(self._indices):
            try:
                yield SampleRange.of(self.samples(number), _declared(self._pictures.info(index)))
            except VideoError:
                continue

    def durations(self) -> Iterator[Fraction | None]:
        """Yield for how many seconds each picture is shown; None where the file does not say.

        Unless the first picture says nothing or is the only one, all are decoded for it.
        """
        for number in range(len(self)):
            duration = self._duration(number) if len(self) > 1 else None
            if number == 0 and duration is None:
                yield from [None] * len(self)
                return
            yield duration

    def close(self) -> None:
        """Close the file; it may be called twice."""
        self._pictures.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _diagnosis(self, error: Exception) -> str:
        """Say why the file cannot be read, and what to do."""
        if isinstance(error, TooManyPixels):
            return (
                f"has more pixels than the limit of {pixel_limit()}: make it smaller, or raise "
                "PIL.Image.MAX_IMAGE_PIXELS"
            )
        self._file.seek(0)
        head = self._file.read(HEAD)
        if not head:
            return "is empty (0 bytes): give another file"
        kind = unsupported_kind(head)
        if kind is not None:
            return f"is {kind}, which is not supported: convert it to PNG or TIFF, or to a video"
        return "is damaged, or no picture that can be read: give another file"

    def _duration(self, number: int) -> Fraction | None:
        try:
            self.samples(number)  # the duration of a WebP's picture is known only then
        except VideoError:
            return None
        milliseconds = self._pictures.info(self._indices[number]).get("duration")
        return Fraction(milliseconds).limit_denominator(10**6) / 1000 if milliseconds else None


def _open(file: BufferedReader) -> PillowPictures | TiffPictures:
    if file.peek()[:4] in TIFF_HEADS:
        pages = _open_tiff(file)
        if pages is not None and pages.is_deep:
            return pages
    file.seek(0)
    try:
        return PillowPictures(file)
    except OSError:
        file.seek(0)
        return TiffPictures(file)


def _open_tiff(file: BufferedReader) -> TiffPictures | None:
    try:
        return TiffPictures(file)
    except UNREADABLE:
        return None


def _declared(info: dict[str, Any]) -> tuple[float, float] | None:
    """Return the least and the greatest sample that a TIFF's tags admit, if they say so."""
    try:
        bits = int(np.max(info.get("BitsPerSample", 8)))
        least, greatest = info.get("SMinSampleValue"), info.get("SMaxSampleValue")
        if least is not None and greatest is not None:
            return float(np.min(least)), float(np.max(greatest))
    except (TypeError, ValueError):
        return None
    return None if bits % 8 == 0 else (0, 2**bits - 1)
