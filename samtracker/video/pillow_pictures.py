"""The pictures in a file of any format but deep TIFF, as Pillow reads them."""

from __future__ import annotations

import struct
from contextlib import nullcontext
from io import BufferedReader
from itertools import count
from typing import Any, Final

import cv2
import imageio.v3 as iio
import numpy as np

from samtracker.files import DAMAGE
from samtracker.video.native_output import silenced
from samtracker.video.pixel_limit import TooManyPixels
from samtracker.video.sample_range import Samples
from samtracker.video.tiff_pictures import TIFF_HEADS, is_page

UNREADABLE: Final = (OSError, EOFError, SyntaxError, struct.error, *DAMAGE)
"""What Pillow and tifffile raise of a damaged picture."""

_GRAY: Final = 0
"""Color type of a gray PNG."""


class PillowPictures:
    """Pictures of any format, as imageio's Pillow plugin gives them.

    Args:
        file: The file, at its beginning.

    Attributes:
        frames: Numbers of the pictures that are frames; of a file that was cut off, with that of
            the first damaged one.

    Raises:
        OSError: It is no picture that Pillow reads.
        TooManyPixels: It is above the limit.
    """

    def __init__(self, file: BufferedReader) -> None:
        self._file = file
        head = file.peek()[:26]
        self._is_tiff = head[:4] in TIFF_HEADS
        self._is_ppm = head[:1] == b"P" and head[1:2].isdigit()
        try:
            self._reader: Any = iio.imopen(file, "r", plugin="pillow")
        except OSError as error:  # imageio hides what Pillow says
            if isinstance(error.__cause__, TooManyPixels):
                raise error.__cause__ from None
            raise
        self.frames = self._frames()
        deep_png = head[12:16] == b"IHDR" and head[24] == 16 and head[25] != _GRAY
        self._is_deep = deep_png and len(self.frames) == 1

    def _frames(self) -> list[int]:
        try:
            number: int = self._reader.properties(index=...).n_images
        except UNREADABLE:  # cut off between two pictures
            number = self._count()
        if self._is_tiff:
            return [index for index in range(number) if self._is_page(index)]
        # The picture that an APNG has for programs that show stills is none of its frames.
        still = number > 1 and bool(self.info(0).get("default_image"))
        return list(range(int(still), number))

    def _count(self) -> int:
        """Count the pictures up to the first that is damaged, this one included."""
        self.info(0)
        for index in count(1):
            try:
                self.info(index)
            except UNREADABLE:
                break
        return index + 1

    def _is_page(self, index: int) -> bool:
        try:
            return is_page(self.info(index))
        except UNREADABLE:
            return True

    def info(self, index: int) -> dict[str, Any]:
        """Return what the file says of a picture."""
        info: dict[str, Any] = self._reader.metadata(index=index, exclude_applied=False)
        return info

    def samples(self, index: int) -> Samples:
        """Decode a picture; see `Samples`."""
        if self._is_deep:  # of which Pillow keeps the upper 8 bits only
            return self._deep()
        info = self.info(index)
        mode = info["mode"]
        with silenced() if self._is_tiff else nullcontext():
            if mode in ("I", "F") or mode.startswith("I;16"):  # Pillow would clip these
                mode = None
            else:
                # Pillow warns of a palette with transparency that is not converted to RGBA.
                alpha = mode in ("P", "PA", "LA", "La", "RGBA", "RGBa") or "transparency" in info
                mode = "RGBA" if alpha else "RGB"
            samples: Samples = self._reader.read(index=index, mode=mode)
        # Pillow scales those of a PPM to 16 bits.
        return samples.astype(np.uint16) if self._is_ppm and mode is None else samples

    def close(self) -> None:
        """Close what reads the file."""
        self._reader.close()

    def _deep(self) -> Samples:
        self._file.seek(0)
        data = np.frombuffer(self._file.read(), np.uint8)
        with silenced():  # libpng
            samples = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
        if samples is None:
            raise ValueError("its data are incomplete")
        return samples[..., (2, 1, 0, 3)[: samples.shape[2]]]
