"""How many pixels a picture may have, by Pillow's guard against decompression bombs."""

from __future__ import annotations

import math
from typing import Final

from PIL import Image

TooManyPixels: Final = Image.DecompressionBombError
"""What Pillow raises of a picture above the limit."""


def pixel_limit() -> float:
    """Return the largest number of pixels; infinite where the user has switched Pillow's guard off.

    Pillow warns from `PIL.Image.MAX_IMAGE_PIXELS` on, and refuses what has more than twice as many.
    """
    return 2 * (Image.MAX_IMAGE_PIXELS or math.inf)


def set_pixel_limit(pixels: float) -> None:
    """Read pictures of up to so many pixels, rounded up to an even number, from now on."""
    Image.MAX_IMAGE_PIXELS = None if math.isinf(pixels) else (int(pixels) + 1) // 2
