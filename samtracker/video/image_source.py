"""Image files as the frames of a video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.frame_source import Candidate, FrameSource
from samtracker.video.stills import IMAGE_SUFFIXES, natural_order, read_still

IMAGE_FPS = 25.0
"""Frames per second of images that say nothing of their time."""


class ImageSource(FrameSource):
    """Images, `IMAGE_FPS` a second, in the natural order of their names. See `FrameSource`.

    Args:
        name: The images as error messages call them.
        files: Paths; hidden files and those without an image suffix are left out.

    Raises:
        VideoError: No image is left.
    """

    def __init__(self, name: str, files: Sequence[Path]) -> None:
        images = [file for file in files if _is_image(file)]
        if not images:
            suffixes = " ".join(IMAGE_SUFFIXES)
            raise VideoError(f"no image in {name}: give a folder or pattern with {suffixes} files")
        self._files = sorted(images, key=lambda file: natural_order(str(file)))
        self.name = name
        self.path: Path | None = None
        self.fps: float | None = IMAGE_FPS
        self.frames: int | None = len(images)
        self.duration: float | None = len(images) / IMAGE_FPS
        self.unreadable = 0
        self.truncated = False

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield every image; `start` is of no use, for nothing is read before `load`."""
        del start
        for index, file in enumerate(self._files):
            yield Candidate(
                name=f"image '{file}'",
                index=index,
                time=index / IMAGE_FPS,
                load=partial(_load, file),
            )

    def close(self) -> None:
        """Do nothing: no file is held open."""


def _is_image(file: Path) -> bool:
    hidden = file.name.startswith(".")
    return file.suffix.lower() in IMAGE_SUFFIXES and not hidden and file.is_file()


def _load(file: Path) -> Frame | None:
    try:
        return read_still(file)
    except (VideoError, OSError):  # damaged, or deleted meanwhile
        return None
