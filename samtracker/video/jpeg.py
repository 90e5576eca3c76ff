"""JPEG in memory: frames as they go to and come from a browser."""

from __future__ import annotations

import cv2
import numpy as np

from samtracker.errors import VideoError
from samtracker.types import Frame

QUALITY = 88
"""Quality that shows no blocks at the usual zoom."""

MOST_SCANS = 64
"""Passes in which a progressive picture may come; usual are ten, and each takes time."""

_SCAN = b"\xff\xda"
_BEGIN = b"\xff\xd8\xff"
_FRAME_HEADERS = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
"""Markers of the segments that tell the size of a picture (ITU-T T.81, table B.1)."""


def encode_jpeg(frame: Frame) -> bytes:
    """Encode a frame.

    Args:
        frame: RGB uint8 (H, W, 3).
    """
    made, code = cv2.imencode(".jpg", frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert made, "every frame can be encoded"
    return code.tobytes()


def decode_jpeg(code: bytes, *, most_pixels: int) -> Frame:
    """Decode a picture that may come from anybody.

    Args:
        code: The whole file.
        most_pixels: Largest number of pixels that is decoded.

    Returns:
        RGB uint8 (H, W, 3).

    Raises:
        VideoError: It is no JPEG, damaged, larger, or made to take long.
    """
    size = _announced_size(code)
    if size is None:
        raise VideoError("the picture is no JPEG, or damaged: send another one")
    height, width = size
    if not 0 < height * width <= most_pixels:
        raise VideoError(
            f"the picture has {width}x{height} pixels: send at most {most_pixels} pixels"
        )
    if code.count(_SCAN) > MOST_SCANS:
        raise VideoError(f"the picture comes in more than {MOST_SCANS} scans: send a plain JPEG")
    flags = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    picture = cv2.imdecode(np.frombuffer(code, np.uint8), flags)
    if picture is None or picture.shape[:2] != size:
        raise VideoError("the picture is no JPEG, or damaged: send another one")
    return picture.astype(np.uint8, copy=False)


def _announced_size(code: bytes) -> tuple[int, int] | None:
    """Return the (H, W) that a JPEG says it has, before anything of it is decoded."""
    if not code.startswith(_BEGIN):
        return None
    place = 2
    while place + 9 <= len(code) and code[place] == 0xFF:
        marker = code[place + 1]
        if marker in _FRAME_HEADERS:
            height = int.from_bytes(code[place + 5 : place + 7])
            return height, int.from_bytes(code[place + 7 : place + 9])
        place += 2 + int.from_bytes(code[place + 2 : place + 4])
    return None
