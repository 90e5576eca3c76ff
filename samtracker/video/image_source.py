"""Image files as the frames of a video."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.frame_source import Candidate, FrameSource
from samtracker.video.frame_stems import frame_stems
from samtracker.video.picture_file import PictureFile
from samtracker.video.renderer import Renderer
from samtracker.video.sample_range import SampleRange
from samtracker.video.stills import IMAGE_SUFFIXES, natural_order

IMAGE_FPS = 25.0
"""Frames per second of images that say nothing of their time."""

_PAGED = (".tif", ".tiff")


class ImageSource(FrameSource):
    """Images, `IMAGE_FPS` a second, in the natural order of their names. See `FrameSource`.

    A TIFF has a frame for each of its pages. All are shown alike, see `Renderer`.

    Args:
        name: The images as error messages call them.
        files: Paths; hidden files and those without an image suffix are left out.

    Raises:
        VideoError: No image is left.
    """

    by_number = True

    def __init__(self, name: str, files: Sequence[Path]) -> None:
        images = [file for file in files if _is_image(file)]
        if not images:
            suffixes = " ".join(IMAGE_SUFFIXES)
            raise VideoError(f"no image in {name}: give a folder or pattern with {suffixes} files")
        self._files = sorted(images, key=lambda file: natural_order(str(file)))
        self._pictures = [(file, page) for file in self._files for page in _pages(file)]
        self._renderer = Renderer(self._ranges)
        self.name = name
        self.path: Path | None = None
        self.fps: float | None = IMAGE_FPS
        self.frames: int | None = len(self._pictures)
        self.duration: float | None = len(self._pictures) / IMAGE_FPS
        self.unreadable = 0
        self.truncated = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be chosen to show them, in words."""
        return self._renderer.notes

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield every image; `start` is of no use, for nothing is read before `load`."""
        del start
        folder = os.path.commonpath([file.parent for file in self._files])
        stems = frame_stems(self._pictures)
        for index, ((file, page), stem) in enumerate(zip(self._pictures, stems, strict=True)):
            where = "" if page is None else f"[{page}]"
            yield Candidate(
                name=f"image '{file}'{where}",
                index=index,
                time=index / IMAGE_FPS,
                load=partial(self._load, file, page or 0),
                source=f"{file.relative_to(folder).as_posix()}{where}",
                stem=stem,
            )

    def close(self) -> None:
        """Do nothing: no file is held open."""

    def _load(self, file: Path, page: int) -> Frame:
        try:
            with PictureFile(file) as pictures:
                samples = pictures.samples(page)
        except OSError as error:  # deleted meanwhile, or a link that leads nowhere
            raise VideoError(f"'{file}' cannot be read ({error.strerror})") from error
        return self._renderer.frame(samples)

    def _ranges(self) -> Iterator[SampleRange]:
        for file in self._files:
            try:
                with PictureFile(file) as pictures:
                    yield from pictures.ranges()
            except (VideoError, OSError):  # counted when its turn comes
                continue


def _is_image(file: Path) -> bool:
    """Return whether a name is that of an image; a folder or dead link with it is a damaged one."""
    return file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".")


def _pages(file: Path) -> Sequence[int | None]:
    """Return the numbers of the pages of a file; None where it has just one."""
    if file.suffix.lower() not in _PAGED:
        return [None]
    try:
        with PictureFile(file) as pictures:
            return range(len(pictures)) if len(pictures) > 1 else [None]
    except (VideoError, OSError):
        return [None]
