"""A window on the screen. BGR exists only here and inside samtracker.video."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Final, Self

import cv2
import numpy as np

from samtracker.errors import ConfigError
from samtracker.live.events import QUIT, Button, Event, Key, Mouse
from samtracker.types import Frame

SIDES = (640, 1280)
"""The longer side of a new window in pixels, at least and at most; the user may change it."""

_TRIAL = "import cv2; cv2.namedWindow('samtracker'); cv2.waitKey(1)"

_NAMES: Final = {9: "tab", 13: "enter", 10: "enter", 0xFF8D: "enter", 27: "escape", 32: "space"}

_MOUSE: Final[dict[int, tuple[str, Button]]] = {
    cv2.EVENT_LBUTTONDOWN: ("press", "left"),
    cv2.EVENT_LBUTTONUP: ("release", "left"),
    cv2.EVENT_LBUTTONDBLCLK: ("press", "left"),
    cv2.EVENT_RBUTTONDOWN: ("press", "right"),
    cv2.EVENT_RBUTTONUP: ("release", "right"),
    cv2.EVENT_RBUTTONDBLCLK: ("press", "right"),
    cv2.EVENT_MOUSEMOVE: ("move", "left"),
}


class Window:
    """Shows frames, and tells what the user does with mouse and keys.

    Args:
        title: Title of the window.

    Raises:
        ConfigError: There is no display, or this OpenCV has no windows.
    """

    def __init__(self, title: str) -> None:
        if not cv2.currentUIFramework():
            raise ConfigError(
                "no window can be opened, because this OpenCV has none: install opencv-python in "
                "the place of opencv-python-headless, or go without a window"
            )
        # The Qt in OpenCV's wheels warns of fonts that it does not have and that nobody needs.
        os.environ.setdefault("QT_LOGGING_RULES", "default.warning=false")
        # Without a display OpenCV's window system ends the whole process: try in another one.
        trial = subprocess.run([sys.executable, "-c", _TRIAL], capture_output=True, check=False)
        if trial.returncode:
            raise ConfigError(
                "no window can be opened: set DISPLAY to a screen, or go without a window"
            )
        self._title = title
        self._shown = self._gone = False
        self._pending: list[Event] = []
        # Qt's own menu and panning would take the mouse.
        cv2.namedWindow(title, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO | cv2.WINDOW_GUI_NORMAL)
        cv2.setMouseCallback(title, self._take)

    def show(self, image: Frame) -> None:
        """Show an RGB frame; it is drawn during `events`."""
        if self._closed:
            return
        if not self._shown:
            side = max(image.shape[:2])
            scale = min(max(side, SIDES[0]), SIDES[1]) / side
            cv2.resizeWindow(
                self._title, round(image.shape[1] * scale), round(image.shape[0] * scale)
            )
        cv2.imshow(self._title, np.ascontiguousarray(image[..., ::-1]))
        self._shown = True

    def events(self, seconds: float = 0.001) -> list[Event]:
        """Return what the user has done since the last call.

        Args:
            seconds: Time to wait for a key.
        """
        wait = max(1, round(1000 * seconds))
        while not self._closed and (code := cv2.waitKeyEx(wait)) != -1:
            code &= 0xFFFF  # above are Shift, Ctrl and the like
            if code in _NAMES or 32 < code < 127:  # arrows and their kind have larger ones
                self._pending.append(Key(_NAMES.get(code) or chr(code).lower()))
            wait = 1  # more keys may have been pressed meanwhile
        if self._closed:
            self._pending.append(QUIT)
        taken, self._pending = self._pending, []
        return taken

    @property
    def _closed(self) -> bool:
        try:
            visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE)
        except cv2.error:  # so says Qt when the last window is closed
            visible = -1.0
        self._gone = self._gone or (self._shown and visible < 1)
        return self._gone

    def _take(self, event: int, x: int, y: int, *_: object) -> None:
        if event in _MOUSE:
            kind, button = _MOUSE[event]
            self._pending.append(Mouse(kind, button, float(x), float(y)))  # type: ignore[arg-type]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the window."""
        cv2.destroyAllWindows()
