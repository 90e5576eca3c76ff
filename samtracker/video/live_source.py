"""The newest frame of a source that does not wait: a camera, a stream, a file at its speed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import av
import cv2
import numpy as np

from samtracker.errors import ConfigError, SamTrackerError, VideoError
from samtracker.types import Frame, Size
from samtracker.video.read import VideoReader, read_frames

BACK_OFF = (0.5, 8.0)
"""Seconds before the first attempt to connect again, and the longest wait; each is doubled."""

FAILURES = (VideoError, av.FFmpegError, cv2.error, OSError)
"""Errors that reading a source may raise."""

GIVE_UP = 300.0
"""Seconds without a frame after which a camera or stream counts as gone: time to start anew."""

PAUSE = 0.02
"""Seconds between two checks whether a pause is over."""


@dataclass(frozen=True, kw_only=True)
class LiveFrame:
    """A frame of a live source.

    Attributes:
        index: Number of the frame among all that came, taken or not.
        time: Seconds since the first frame, by the clock.
        captured: `time.monotonic()` when it came.
        image: RGB uint8 (H, W, 3), scaled to the first frame's size if it came in another one.
    """

    index: int
    time: float
    captured: float
    image: Frame


class LiveSource:
    """Keeps the newest frame only, so that latency stays bounded however slow the reader is.

    A thread reads all the time. A camera or stream that ends or fails is opened again, with
    growing waits, until it gives no frame for too long or is a finished recording by then (HLS).
    A file is played at its own speed, once.

    Args:
        source: As for `read_frames`.
        stream: As for `read_frames`.
        give_up: Seconds without a frame after which a camera or stream is not opened again;
            `math.inf` for never.

    Attributes:
        size: (H, W) of the frames.
        sent_size: (H, W) in which the last of them came, before it was scaled to `size`.
        sample_aspect_ratio: See `VideoInfo`.
        notes: See `VideoReader`; those known when it was opened.
        fps: Frames per second as the source announces them; None when unknown.
        received: Frames that came.
        dropped: Those of them that a newer one replaced before they were taken.
        reconnects: How often the source was opened again.
        connected: Whether it is open.
        failure: Why it ended before it should have; None if it did not.

    Raises:
        ConfigError: `give_up` is not above 0.
        VideoError: It cannot be opened in the first place.
    """

    def __init__(
        self, source: str | Path | int, *, stream: int | None = None, give_up: float = GIVE_UP
    ) -> None:
        if not give_up > 0:
            raise ConfigError(f"give_up={give_up:g} is no time to wait: give more than 0 seconds")
        reader = read_frames(source, stream=stream)
        self.size: Size = reader.info.size
        self.sent_size = self.size
        self.sample_aspect_ratio = reader.info.sample_aspect_ratio
        self.notes = reader.notes
        self.fps = reader.info.fps
        self.received = self.dropped = self.reconnects = 0
        self.connected = True
        self.failure: SamTrackerError | None = None
        self._paused = False
        self._give_up = give_up
        self._last = time.monotonic()
        self._source = source
        self._stream = stream
        self._finite = not reader.is_live
        self._newest: LiveFrame | None = None
        self._over = False
        self._change = threading.Condition()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(reader,), daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come and the last frame has been taken."""
        return self._over and self._newest is None

    @property
    def paused(self) -> bool:
        """Whether a file waits; everything else comes as before. The reader sets it."""
        return self._paused

    @paused.setter
    def paused(self, paused: bool) -> None:
        with self._change:
            if self._paused and not paused and self._finite and self._newest is not None:
                # It has waited with the file, and nobody has waited for it.
                self._newest = replace(self._newest, captured=time.monotonic())
            self._paused = paused

    def read(self, timeout: float) -> LiveFrame | None:
        """Return the newest frame, if nobody has taken it.

        Args:
            timeout: Seconds to wait for one.

        Returns:
            None where none came in time, or where the source has ended.
        """
        with self._change:
            self._change.wait_for(lambda: self._newest is not None or self._over, timeout)
            frame, self._newest = self._newest, None
            return frame

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the source; a device that hangs is left to its thread."""
        self._closing.set()
        self._thread.join(timeout=2)

    def _read(self, reader: VideoReader | None) -> None:
        """Play and connect in turns, until it is closed or over."""
        try:
            self._play_and_connect(reader)
        finally:  # whatever happened, nobody waits for more
            with self._change:
                self._over = True
                self._change.notify_all()

    def _play_and_connect(self, reader: VideoReader | None) -> None:
        begin = time.monotonic()
        wait, longest = BACK_OFF
        while True:
            if reader is not None:
                with reader:
                    self.connected = True
                    if self._play(reader, begin):
                        wait = BACK_OFF[0]
                self.connected = False
            left = self._last + self._give_up - time.monotonic()
            if not self._finite and left <= 0:
                self.failure = VideoError(
                    f"'{self._source}' has given no frame for {self._give_up:g} s: check that it "
                    "is running and start again, or wait longer with give_up=..."
                )
            if self._finite or left <= 0 or self._closing.wait(min(wait, left)):
                break
            wait = min(2 * wait, longest)
            try:
                reader = read_frames(self._source, stream=self._stream)
            except FAILURES:
                reader = None
                continue
            if not reader.is_live:  # a broadcast that is over: its recording is not to be repeated
                reader.close()
                break
            self.reconnects += 1

    def _play(self, reader: VideoReader, begin: float) -> bool:
        """Pass frames on until the reader ends; return whether there was any."""
        start = time.monotonic()
        played = False
        try:
            for frame in reader:
                if self._finite or reader.in_segments:
                    start += self._wait(start + frame.time)
                if self._closing.is_set():
                    break
                self._pass_on(frame.image, begin)
                played = True
            if self._finite:
                reader.check_complete()
        except FAILURES as error:  # of a camera, what fails is as gone as what ends
            if self._finite and isinstance(error, SamTrackerError):
                self.failure = error
            elif self._finite:
                self.failure = VideoError(f"'{self._source}' cannot be read further: {error}")
        return played

    def _wait(self, due: float) -> float:
        """Wait until a moment of `time.monotonic`, and longer by any pause meanwhile.

        Returns:
            That time in seconds.
        """
        paused = 0.0
        while not self._closing.is_set():
            now = time.monotonic()
            early = due + paused - now
            if not self._paused and early <= 0:
                break
            self._closing.wait(PAUSE if self._paused else min(early, PAUSE))
            if self._paused:
                paused += time.monotonic() - now
        return paused

    def _pass_on(self, image: Frame, begin: float) -> None:
        self.sent_size = (image.shape[0], image.shape[1])
        if self.sent_size != self.size:
            image = np.asarray(cv2.resize(image, self.size[::-1]), np.uint8)
        now = self._last = time.monotonic()
        with self._change:
            self.dropped += self._newest is not None
            self._newest = LiveFrame(
                index=self.received, time=now - begin, captured=now, image=image
            )
            self.received += 1
            self._change.notify_all()
