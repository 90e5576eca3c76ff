"""A video that is open in a session: its frames as pictures to look at, and exactly."""

from __future__ import annotations

import math
import secrets
import shutil
import threading
from collections import OrderedDict
from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final, Self

from samtracker.errors import SamTrackerError, VideoError
from samtracker.files import writing
from samtracker.serve.guarded_reader import GuardedReader
from samtracker.video.jpeg import encode_jpeg
from samtracker.video.playlist import is_playlist
from samtracker.video.read import VideoFrame, VideoInfo

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
        pictures: Folder for the pictures.
        info: What is known of the video.

    Attributes:
        path: As given.
        name: As given.
        pictures: As given.
        info: As given.
        id: Name of its own, by which pictures are asked for.
        times: Seconds of each frame that has been read.
        complete: Whether all frames have been read.
        failure: Why not all could be; None if nothing failed.
    """

    def __init__(self, path: Path, name: str, pictures: Path, info: VideoInfo) -> None:
        self.path, self.name, self.pictures, self.info = path, name, pictures, info
        self.id = secrets.token_hex(8)
        self.times: list[float] = []
        self.complete = False
        self.failure: SamTrackerError | None = None
        self._closed = threading.Event()
        self._kept: OrderedDict[int, VideoFrame] = OrderedDict()
        self._reader: GuardedReader | None = None

    @classmethod
    def open(cls, path: Path, name: str, pictures: Path) -> Self:
        """Open a video and read its first frame.

        Args:
            path: The file.
            name: What the user calls it.
            pictures: Folder for the pictures, which is made anew.

        Raises:
            VideoError: It is no video, or its frames are too large.
        """
        if path.is_file():
            _refuse_text(path, name)
        reader = GuardedReader(path, name, 0.0)
        height, width = reader.info.size
        if height * width > MOST_PIXELS:
            reader.close()
            raise VideoError(
                f"'{name}' has {width}x{height} pixels: make it smaller, {MOST_PIXELS} are shown"
            )
        clip = cls(path, name, pictures, reader.info)
        clip._reader = reader
        shutil.rmtree(pictures, ignore_errors=True)
        pictures.mkdir(parents=True)
        clip._read(reader)
        return clip

    @classmethod
    def from_json(cls, kept: Mapping[str, Any], path: Path, pictures: Path) -> Self:
        """Return a clip of which `to_json` was kept; one that was not read to its end is opened.

        Raises:
            VideoError: It is gone, or cannot be read again.
        """
        if kept["complete"] and path.is_file():
            info = VideoInfo(**kept["info"] | {"size": tuple(kept["info"]["size"])})
            clip = cls(path, kept["name"], pictures, info)
            clip.times, clip.complete = kept["times"], True
            clip.failure = VideoError(kept["failure"]) if kept["failure"] else None
        else:
            clip = cls.open(path, kept["name"], pictures)
        clip.id = kept["id"]
        return clip

    def to_json(self) -> dict[str, Any]:
        """Return what is to be kept of it beside the file and the pictures."""
        info = self.info
        return {
            "name": self.name,
            "id": self.id,
            "info": {
                "size": info.size,
                "fps": info.fps,
                "frames": info.frames,
                "duration": info.duration,
            },
            "times": list(self.times),
            "complete": self.complete,
            "failure": None if self.failure is None else str(self.failure),
        }

    def read(self) -> None:
        """Read all frames that are left, until the clip is closed; why that failed is kept."""
        reader = self._reader
        if reader is None:
            return
        try:
            while not self._closed.is_set() and self._read(reader):
                pass
            self.complete = not self._closed.is_set()
        finally:
            reader.close()

    def picture(self, number: int) -> Path:
        """Return the file with the picture of a frame, a JPEG."""
        return self.pictures / f"{number}.jpg"

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

    def frames(self, first: int, *, backward: bool = False) -> Generator[VideoFrame, None, None]:
        """Yield the frames from a number on, exactly.

        Args:
            first: The number.
            backward: Whether from there back to the first frame.

        Raises:
            VideoError: They cannot be read again, or not backward.
        """
        found, time = False, self.times[first]
        if backward:
            opened = GuardedReader(self.path, self.name, end=math.nextafter(time, math.inf))
        else:
            opened = GuardedReader(self.path, self.name, self.start(first))
        with opened as reader:
            behind = (frame for frame in reader if backward or frame.time >= time)
            for frame in islice(behind, first + 1 if backward else MOST_FRAMES - first):
                found = True
                yield frame
        if not found:
            raise VideoError(f"'{self.name}' cannot be read again: open it anew")

    def start(self, first: int) -> float:
        """Return the seconds from which the video is read for the frames from a number on.

        Those in between, with an earlier time than that frame's, are to be left out.
        """
        time, duration = self.times[first], self.info.duration
        return time if duration is None or time < duration else 0.0

    def close(self) -> None:
        """Stop reading."""
        self._closed.set()

    def remove(self, folder: Path) -> None:
        """Remove the pictures, and the file too if it lies in a folder."""
        shutil.rmtree(self.pictures, ignore_errors=True)
        if self.path.is_relative_to(folder):
            self.path.unlink(missing_ok=True)

    def _read(self, reader: GuardedReader) -> bool:
        """Read one more frame; return whether there may be more."""
        try:
            frame = next(reader, None)
            if frame is None:
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
        """Return an error that does not have the server's path of the pictures."""
        return VideoError(str(error).replace(f"{self.pictures}/", ""))


def _refuse_text(path: Path, name: str) -> None:
    """Refuse playlists and the like: they may name other files and servers."""
    with path.open("rb") as file:
        head = file.read(TEXT)
    # A playlist may have a byte in a comment that no text has.
    if head and (is_playlist(head) or not any(byte < 9 for byte in head)):
        raise VideoError(f"'{name}' is a text, not a video: give another file")
