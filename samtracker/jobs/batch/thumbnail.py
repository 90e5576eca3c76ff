"""The thumbnail of a video: a small picture of a frame and its masks."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from samtracker.jobs.batch.storage import Store
from samtracker.jobs.progress import Progress
from samtracker.results.names import THUMBNAILS
from samtracker.results.overlay import overlay
from samtracker.video.jpeg import encode_jpeg

WIDTH: Final = 240
"""Width in pixels."""


class Thumbnail:
    """Keeps the picture of a frame in the middle of a video, or of the first one."""

    def __init__(self) -> None:
        self._picture: bytes | None = None

    def offer(self, progress: Progress) -> None:
        """Look at a frame."""
        middle = (progress.total or 2) // 2
        if self._picture is None or progress.done == middle:
            frame = overlay(progress.frame.image, progress.result)
            height = max(round(frame.shape[0] * WIDTH / frame.shape[1]), 1)
            small = cv2.resize(frame, (WIDTH, height), interpolation=cv2.INTER_AREA)
            self._picture = encode_jpeg(small.astype(np.uint8, copy=False))

    def write(self, store: Store, name: str) -> None:
        """Write the picture, if there is one.

        Args:
            store: Output of the batch.
            name: What the video's results are called.

        Raises:
            OutputError: It cannot be written.
        """
        if self._picture is not None:
            store.write(f"{THUMBNAILS}/{name}.jpg", self._picture)
