"""One image file as a source of frames: an animation, the pages of a TIFF, or a single picture."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import accumulate
from pathlib import Path

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.frame_source import Candidate, FrameSource
from samtracker.video.image_source import IMAGE_FPS
from samtracker.video.picture_file import PictureFile

_DEFAULT = 1 / Fraction(IMAGE_FPS)


class AnimationSource(FrameSource):
    """The pictures of a GIF, APNG, WebP or TIFF, or of any other image file. See `FrameSource`.

    Each is shown as long as the file says or, where it says nothing, for 1 / `IMAGE_FPS` seconds.

    Args:
        path: The file.

    Raises:
        VideoError: It is no image, or damaged at its beginning.
        OSError: It cannot be opened.
    """

    by_number = True

    def __init__(self, path: Path) -> None:
        self._pictures = PictureFile(path)
        try:
            durations = [seconds or _DEFAULT for seconds in self._pictures.durations()]
        except BaseException:
            self._pictures.close()
            raise
        self._times = [0.0, *map(float, accumulate(durations))]
        self.name = f"'{path}'"
        self.path: Path | None = None
        self.frames: int | None = len(durations)
        self.duration: float | None = self._times[-1]
        self.fps: float | None = float(len(durations) / sum(durations))
        self.unreadable = 0
        self.truncated = False

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield every picture; `start` is of no use, for nothing is converted before `load`."""
        del start
        for index, time in enumerate(self._times[:-1]):
            yield Candidate(
                name=f"frame {index} of {self.name}",
                index=index,
                time=time,
                load=partial(self._load, index),
            )

    def close(self) -> None:
        """Close the file."""
        self._pictures.close()

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be chosen to read it, in words."""
        return self._pictures.notes

    def _load(self, index: int) -> Frame:
        try:
            return self._pictures.read(index)
        except VideoError:
            # A file that was cut off announces more pictures than it has.
            self.truncated = index == len(self._times) - 2
            raise
