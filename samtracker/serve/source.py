"""The server's own camera, URL or file, which all sessions see."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

from samtracker.types import Frame
from samtracker.video.jpeg import encode_jpeg
from samtracker.video.live_source import LiveSource

WAIT: Final = 0.5
"""Seconds between two looks whether it is to be closed, where no frame comes."""

POLL: Final = 0.004
"""Seconds between two looks at what is new."""


@dataclass(frozen=True)
class SourceFrame:
    """A frame of the source.

    Attributes:
        index: Number of the frame among all that came.
        time: Seconds since the first one.
        image: RGB uint8 (H, W, 3).
    """

    index: int
    time: float
    image: Frame

    @cached_property
    def picture(self) -> bytes:
        """The frame as a JPEG, made once for all sessions."""
        return encode_jpeg(self.image)


class SharedSource:
    """What a source shows now. One that has ended is opened again for whoever comes then.

    Args:
        source: A camera's number, a URL, or a file, which is played at its own speed.

    Raises:
        VideoError: It cannot be opened.
    """

    def __init__(self, source: str | Path | int) -> None:
        self._source = source
        self._newest: SourceFrame | None = None
        self._opening = asyncio.Lock()
        self._closing = threading.Event()
        self._open()

    async def after(self, index: int) -> SourceFrame | None:
        """Return the newest frame once it is later than another one; None where there is no more.

        Args:
            index: Number of the other one; -1 for any, for which one that has ended is opened.

        Raises:
            VideoError: It cannot be opened again.
        """
        if index < 0:
            async with self._opening:
                if not self._thread.is_alive():
                    await asyncio.to_thread(self._open)
        while True:
            newest, over = self._newest, not self._thread.is_alive()
            if newest is not None and newest.index > index:
                return newest
            if over:
                return None
            await asyncio.sleep(POLL)

    def close(self) -> None:
        """Close the source."""
        self._closing.set()
        self._live.close()
        self._thread.join()

    def _open(self) -> None:
        """Play it; frames are numbered on, and their times go on."""
        self._live = LiveSource(self._source)
        last, self._newest = self._newest, None
        begin = (0, 0.0) if last is None else (last.index + 1, last.time)
        self._thread = threading.Thread(
            target=self._read, args=begin, name="samtrack source", daemon=True
        )
        self._thread.start()

    def _read(self, index: int, time: float) -> None:
        while not (self._closing.is_set() or self._live.ended):
            frame = self._live.read(WAIT)
            if frame is not None:
                self._newest = SourceFrame(index + frame.index, time + frame.time, frame.image)
