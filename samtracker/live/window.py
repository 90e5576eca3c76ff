"""A window on the screen. BGR exists only here and inside video.py's sources."""

from __future__ import annotations

import os
import subprocess
import sys
from types import TracebackType
from typing import Self

import cv2

from samtracker.errors import ConfigError, PromptError
from samtracker.types import Box, Frame

CLOSING_KEYS = (ord("q"), 27)
"""q and Escape."""

_TRIAL = "import cv2; cv2.namedWindow('samtracker'); cv2.waitKey(1)"


class Window:
    """Shows frames until the user closes it or presses q.

    Raises:
        ConfigError: there is no display.
    """

    def __init__(self, title: str) -> None:
        # The Qt in OpenCV's wheels warns of fonts that it does not have and that nobody needs.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
        # Without a display OpenCV's window system ends the whole process: try in another one.
        trial = subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, check=False)
        if trial.returncode:
            raise ConfigError(
                "no window can be opened: set DISPLAY to a screen, or go without (leave --show out)"
            )
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

    def draw_box(self, image: Frame) -> Box:
        """Let the user drag a box in an RGB frame and confirm it with Enter.

        Raises:
            PromptError: none was drawn.
        """
        picture = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
        x, y, width, height = cv2.selectROI(self._title, picture, showCrosshair=False)
        if not width or not height:
            raise PromptError("nothing to track: drag a box around an object, then press Enter")
        self._shown = True
        return float(x), float(y), float(x + width), float(y + height)

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
