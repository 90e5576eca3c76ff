"""Pictures of a camera that a process of its own decodes."""

from __future__ import annotations

from typing import Any, Final

from samtracker.errors import SamTrackerError
from samtracker.serve.child import Child, Parent
from samtracker.types import Frame
from samtracker.video.jpeg import decode_jpeg

MOST_PIXELS: Final = 1920 * 1088
"""Largest frame of a camera."""

LIMITS: Final[dict[str, Any]] = {"memory": 2**30, "patience": 10.0, "seconds": None}
"""What a process may take; a camera may run for days."""


class GuardedPictures:
    """Decodes the JPEGs of a camera; a bad one harms another process only.

    The process is there from the first picture on. After one that took too much of it there is
    another.

    Args:
        limits: See `Child`.
    """

    def __init__(self, **limits: Any) -> None:
        self._limits = LIMITS | limits
        self._child: Child | None = None

    def decode(self, code: bytes) -> Frame:
        """Return a picture, RGB uint8 (H, W, 3).

        Raises:
            VideoError: It is no JPEG, damaged, has more than `MOST_PIXELS` pixels, or takes too
                much memory or time.
        """
        if self._child is None or self._child.has_ended:
            self._child = Child(_decode, name="picture of the camera", **self._limits)
        self._child.send_bytes(code)
        _, picture = self._child.receive_picture()
        assert picture is not None, "its work has no end"
        return picture

    def close(self) -> None:
        """End the process."""
        if self._child is not None:
            self._child.close()


def _decode(parent: Parent) -> None:
    while True:
        code = parent.receive_bytes()
        try:
            picture = decode_jpeg(code, most_pixels=MOST_PIXELS)
        except SamTrackerError as error:
            parent.send_error(error)
        else:
            parent.send_picture(picture)
