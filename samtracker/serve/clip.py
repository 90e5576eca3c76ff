"""A video that is open in a session: its frames as pictures to look at, and exactly."""

from __future__ import annotations

import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Final

from samtracker.errors import SamTrackerError, VideoError
from samtracker.files import writing
from samtracker.types import Size
from samtracker.video.jpeg import encode_jpeg
from samtracker.video.read import VideoFrame, VideoReader, read_frames

MOST_FRAMES: Final = 20_000
"""Frames that are read of a video; each becomes a picture on the disk."""

MOST_PIXELS: Final = 4096 * 2304
"""Largest frame that a page shows."""

TEXT: Final = 512
"""Bytes at the begin of a file that tell text from a video."""

_KEPT: Final = 4


class Clip:
    """A video that is open in a session.

    Its frames are numbered from 0 in the order in which they are shown.

    Args:
        path: The file.
        name: What the user calls it.
        pictures: Folder for the pictures, which is made.

    Attributes:
        path: As given.
        name: As given.
        id: Name of its own, by which pictures are asked for.
        size: (H, W) of the frames.
        fps: Frames per second; None where unknown.
        announced: Number of frames as the file announces it; None where unknown.
        times: Seconds of each frame that has been read.
        complete: Whether all frames have been read.
        failure: Why not all could be; None if nothing failed.

    Raises:
        VideoError: It is no video, or its frames are too large.
    """

    def __init__(self, path: Path, name: str, pictures: Path) -> None:
        self.path, self.name = path, name
        self.id = secrets.token_hex(8)
        self.times: list[float] = []
        self.complete = False
        self.failure: SamTrackerError | None = None
        self._pictures = pictures
        self._closed = threading.Event()
        self._kept: OrderedDict[int, VideoFrame] = OrderedDict()
        if path.is_file():
            _refuse_text(path, name)
        self._reader = self._open(0.0)
        info = self._reader.info
        self.size: Size = info.size
        self.fps, self.announced, self._duration = info.fps, info.frames, info.duration
        if self.size[0] * self.size[1] > MOST_PIXELS:
            self._reader.close()
            height, width = self.size
            raise VideoError(
                f"'{name}' has {width}x{height} pixels: make it smaller, {MOST_PIXELS} are shown"
            )
        pictures.mkdir(parents=True)
        self._read(self._reader)

    def read(self) -> None:
        """Read all frames that are left, until the clip is closed; why that failed is kept."""
        try:
            while not self._closed.is_set() and self._read(self._reader):
                pass
        finally:
            self._reader.close()
            self.complete = True

    def picture(self, number: int) -> Path:
        """Return the file with the picture of a frame, a JPEG."""
        return self._pictures / f"{number}.jpg"

    def frame(self, number: int) -> VideoFrame:
        """Return a frame exactly as the tracker is to see it.

        Raises:
            VideoError: It cannot be read again.
        """
        if number not in self._kept:
            with closing(self.frames(number)) as frames:
                self.keep(number, next(frames))
        self._kept.move_to_end(number)
        return self._kept[number]

    def keep(self, number: int, frame: VideoFrame) -> None:
        """Keep a frame that will soon be asked for, in the place of the one kept the longest."""
        self._kept[number] = frame
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def frames(self, first: int) -> Generator[VideoFrame, None, None]:
        """Yield the frames from a number on, exactly.

        Raises:
            VideoError: They cannot be read again.
        """
        found = False
        with self.open(first) as reader:
            behind = (frame for frame in reader if frame.time >= self.times[first])
            for frame in islice(behind, MOST_FRAMES - first):
                found = True
                yield frame
        if not found:
            raise VideoError(f"'{self.name}' cannot be read again: open it anew")

    def open(self, first: int) -> VideoReader:
        """Open the video at a frame, for what is said of it; the caller closes it.

        Raises:
            VideoError: It cannot be read again.
        """
        time = self.times[first]
        return self._open(time if self._duration is None or time < self._duration else 0.0)

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()

    def remove(self, folder: Path) -> None:
        """Remove the pictures, and the file too if it lies in a folder."""
        shutil.rmtree(self._pictures, ignore_errors=True)
        if self.path.is_relative_to(folder):
            self.path.unlink(missing_ok=True)

    def _open(self, start: float) -> VideoReader:
        try:
            return read_frames(self.path, start=start)
        except SamTrackerError as error:
            raise self._named(error) from error

    def _read(self, reader: VideoReader) -> bool:
        """Read one more frame; return whether there may be more."""
        try:
            frame = next(reader, None)
            if frame is None:
                reader.check_complete()
                return False
            if len(self.times) == MOST_FRAMES:
                raise VideoError(f"'{self.name}' has more frames than the first {MOST_FRAMES}")
            picture = self.picture(len(self.times))
            with writing(picture):
                picture.write_bytes(encode_jpeg(frame.image))
        except SamTrackerError as error:
            self.failure = self._named(error)
            return False
        if not self.times:
            self.keep(0, frame)
        self.times.append(frame.time)
        return True

    def _named(self, error: SamTrackerError) -> SamTrackerError:
        """Return an error that has the user's name of the file, not the server's path."""
        text = str(error).replace(str(self.path), self.name)
        return VideoError(text.replace(f"{self._pictures}/", ""))


def _refuse_text(path: Path, name: str) -> None:
    """Refuse playlists and the like: they may name other files and servers."""
    with path.open("rb") as file:
        head = file.read(TEXT)
    if head and not any(byte < 9 for byte in head):
        raise VideoError(f"'{name}' is a text, not a video: give another file")
