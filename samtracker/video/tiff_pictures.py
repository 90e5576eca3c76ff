"""The pages of a TIFF, as tifffile reads them."""

from __future__ import annotations

from io import BufferedReader
from typing import Any, Final

import imageio.v3 as iio
import numpy as np
from tifffile import TIFF

from samtracker.video.pixel_limit import TooManyPixels, pixel_limit
from samtracker.video.sample_range import Samples

TIFF_HEADS: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""How a TIFF begins."""

_REDUCED_OR_MASK: Final = 1 | 4
"""Bits of NewSubfileType: a thumbnail, and a mask of another page."""
_GRAY_OR_RGB: Final = (0, 1, 2)
_SEPARATE: Final = 2
_STRAIGHT_ALPHA: Final = 2


class TiffPictures:
    """Pages of a TIFF, as imageio's tifffile plugin gives them.

    Args:
        file: The file, at its beginning.

    Attributes:
        frames: Numbers of the pages that are frames.

    Raises:
        OSError: It is no TIFF.
    """

    def __init__(self, file: BufferedReader) -> None:
        opened: Any = iio.imopen(file, "r", plugin="tifffile")
        self._reader = opened
        number = self._reader.properties(index=..., page=...).n_images
        self.frames: list[int] = [index for index in range(number) if is_page(self.info(index))]

    @property
    def is_deep(self) -> bool:
        """Whether it has more than 8 bits a sample, of which Pillow may lose or jumble some."""
        info = self.info(0)
        deep = self._reader.properties(index=..., page=0).dtype.itemsize > 1
        decodable = info["compression"] in TIFF.DECOMPRESSORS and not _bits(info) % 8
        return deep and decodable and info.get("PhotometricInterpretation") in _GRAY_OR_RGB

    def info(self, index: int) -> dict[str, Any]:
        """Return the tags of a page by their names."""
        info: dict[str, Any] = self._reader.metadata(index=..., page=index)
        return info

    def samples(self, index: int) -> Samples:
        """Decode a page; see `Samples`."""
        info = self.info(index)
        if info["ImageLength"] * info["ImageWidth"] > pixel_limit():
            raise TooManyPixels
        pixels: Samples = self._reader.read(index=..., page=index)
        if info["planar_configuration"] == _SEPARATE and pixels.ndim == 3:
            pixels = np.moveaxis(pixels, 0, -1)
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        if pixels.ndim != 3 or pixels.dtype.kind not in "uif":
            raise ValueError(f"its samples are {pixels.dtype} of shape {pixels.shape}")
        colors = 3 if pixels.shape[2] > 2 else 1
        extra = np.atleast_1d(info.get("ExtraSamples", ()))
        if not extra.size or extra[0] != _STRAIGHT_ALPHA:
            return pixels[..., :colors]
        rgb = np.broadcast_to(pixels[..., :colors], (*pixels.shape[:2], 3))
        return np.dstack([rgb, pixels[..., colors]])

    def close(self) -> None:
        """Close what reads the file."""
        self._reader.close()


def is_page(info: dict[str, Any]) -> bool:
    """Return whether a page is a picture of its own, by its tags: no thumbnail, and no mask."""
    return not int(info.get("NewSubfileType", 0)) & _REDUCED_OR_MASK


def _bits(info: dict[str, Any]) -> int:
    """Return the number of bits a sample."""
    return int(np.max(info.get("BitsPerSample", 1)))
