"""A camera as a source of frames, read by OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.frame_source import Candidate, FrameSource

LARGEST = 2**31 - 1  # a C int


class CameraSource(FrameSource):
    """A camera; times come from the clock, 0 at the first frame. See `FrameSource`.

    Args:
        index: Number of the camera.

    Raises:
        VideoError: There is no such camera, or it is in use.
    """

    is_live = True
    repeatable = False

    def __init__(self, index: int) -> None:
        if not 0 <= index <= LARGEST:  # with some of these OpenCV crashes
            raise VideoError("there is no camera of that number: give 0 or another small one")
        self.name = f"camera {index}"
        # OpenCV reports every backend that did not find the camera on stderr.
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            self._capture = cv2.VideoCapture(index)
        finally:
            cv2.utils.logging.setLogLevel(level)
        if not self._capture.isOpened():
            raise VideoError(
                f"{self.name} cannot be opened: connect it, close other programs that use it, "
                "or give another number"
            )
        self.path: Path | None = None
        self.fps: float | None = self._capture.get(cv2.CAP_PROP_FPS) or None
        self.frames: int | None = None
        self.duration: float | None = None
        self.unreadable = 0
        self.truncated = False

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield the frames as they come, until the camera gives no more."""
        del start
        index = 0
        first = time.monotonic()
        while True:
            readable, image = self._capture.read()
            if not readable:
                self.truncated = True
                return
            now = time.monotonic()
            if index == 0:
                first = now
            yield Candidate(
                name=f"frame {index} of {self.name}",
                index=index,
                time=now - first,
                load=partial(_bgr_to_rgb, image),
            )
            index += 1

    def close(self) -> None:
        """Give the camera back."""
        self._capture.release()


def _bgr_to_rgb(image: cv2.typing.MatLike) -> Frame:
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
