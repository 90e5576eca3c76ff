"""The newest frame of what does not wait: a camera, a stream, a file at its own speed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from samtracker.errors import VideoError
from samtracker.types import Frame, Size
from samtracker.video import VideoReader, read_frames

BACK_OFF = (0.5, 8.0)
"""Seconds before the first new attempt to connect, and at most; each wait doubles the last."""


@dataclass(frozen=True, kw_only=True)
class LiveFrame:
    """A frame as it came.

    Attributes:
        index: of all that came, those that nobody took included.
        time: seconds since the first frame, by the clock.
        captured: `time.monotonic()` when it came.
        image: RGB uint8 (H, W, 3), always of the first frame's size.
    """

    index: int
    time: float
    captured: float
    image: Frame


class LiveSource:
    """Holds the newest frame only, so that latency stays bounded however slow the reader is.

    A thread reads all the time. A camera or stream that ends or fails is opened again, with
    growing waits; a file is played at its own speed and ends. Closing frees the source.

    Args:
        source: as for `read_frames`.

    Raises:
        VideoError: it cannot be opened in the first place.
    """

    def __init__(self, source: str | Path | int) -> None:
        self._source = source
        reader = read_frames(source)
        self.size: Size = reader.info.size
        """(H, W) of the frames."""
        self.fps = reader.info.fps
        """Frames per second as the source announces it; None when unknown."""
        self._file = reader.info.duration is not None
        self._change = threading.Condition()
        self._newest: LiveFrame | None = None
        self._ended = False
        self._closed = threading.Event()
        self._received = 0
        self._taken = 0
        self._skipped = 0
        self._reconnects = 0
        self._connected = True
        self._thread = threading.Thread(target=self._read, args=(reader,), daemon=True)
        self._thread.start()

    @property
    def received(self) -> int:
        """Frames that came."""
        return self._received

    @property
    def dropped(self) -> int:
        """Frames that were replaced by a newer one before anybody took them."""
        return self._skipped

    @property
    def reconnects(self) -> int:
        """How often the source was opened again."""
        return self._reconnects

    @property
    def connected(self) -> bool:
        """Whether the source is open."""
        return self._connected

    @property
    def ended(self) -> bool:
        """Whether a file is at its end, and its last frame has been taken."""
        return self._ended and self._newest is None

    def read(self, timeout: float) -> LiveFrame | None:
        """The newest frame that nobody has taken.

        Args:
            timeout: seconds to wait for one.

        Returns:
            None where none came in time, or where the source has ended.
        """
        with self._change:
            self._change.wait_for(lambda: self._newest is not None or self._ended, timeout)
            frame, self._newest = self._newest, None
            return frame

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
        """Lets the source go; a device that hangs is left to its thread."""
        self._closed.set()
        self._thread.join(timeout=2)

    def _read(self, reader: VideoReader | None) -> None:
        begin = time.monotonic()
        wait, longest = BACK_OFF
        while not self._closed.is_set():
            if reader is not None:
                with reader:
                    self._connected = True
                    if self._play(reader, begin):
                        wait = BACK_OFF[0]
                self._connected = False
            if self._file:
                break
            if self._closed.wait(wait):
                break
            wait = min(2 * wait, longest)
            try:
                reader = read_frames(self._source)
                self._reconnects += 1
            except VideoError:
                reader = None
        with self._change:
            self._ended = True
            self._change.notify_all()

    def _play(self, reader: VideoReader, begin: float) -> bool:
        """Passes frames on until the reader ends; whether there was any."""
        any_frame = False
        start: float | None = None
        try:
            for frame in reader:
                if self._file:
                    start = time.monotonic() - frame.time if start is None else start
                    late = start + frame.time - time.monotonic()
                    if late > 0 and self._closed.wait(late):
                        break
                if self._closed.is_set():
                    break
                self._pass_on(frame.image, begin)
                any_frame = True
        except VideoError:
            pass  # a camera that fails is one that has gone
        return any_frame

    def _pass_on(self, image: Frame, begin: float) -> None:
        if image.shape[:2] != self.size:  # a camera that came back may have changed its mode
            image = np.asarray(cv2.resize(image, self.size[::-1]), np.uint8)
        now = time.monotonic()
        with self._change:
            self._skipped += self._newest is not None
            self._newest = LiveFrame(
                index=self._received, time=now - begin, captured=now, image=image
            )
            self._received += 1
            self._change.notify_all()
