"""A window on the screen. BGR exists only here and inside video.py's sources."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import Self

import cv2

from samtracker.errors import ConfigError
from samtracker.types import Frame

CLOSING_KEYS = (ord("q"), 27)
"""q and Escape."""


class Window:
    """Shows frames until the user closes it or presses q.

    Raises:
        ConfigError: there is no display.
    """

    def __init__(self, title: str) -> None:
        # Without a display OpenCV's window system ends the whole process.
        if sys.platform == "linux" and not (
            os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
        ):
            raise ConfigError("--show needs a display, and DISPLAY is not set: leave --show out")
        self._title = title
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        self._shown = False

    def show(self, image: Frame) -> bool:
        """Show an RGB frame; False once the user wants to stop."""
        if self._shown and cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) < 1:
            return False
        cv2.imshow(self._title, cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
        self._shown = True
        return cv2.waitKey(1) & 0xFF not in CLOSING_KEYS

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the window."""
        cv2.destroyAllWindows()
