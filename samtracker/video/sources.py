"""Where frames come from besides FFmpeg: a set of images and a camera.

A source gives candidates that cost little until `Candidate.load` is called, so that frames nobody
wants are neither read nor converted.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from PIL import Image, ImageOps

from samtracker.errors import VideoError
from samtracker.types import Frame

IMAGE_SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp")
IMAGE_FPS = 25.0


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A frame that can be had.

    Attributes:
        name: the frame as error messages call it.
        index: number of the frame in the source, from 0.
        time: seconds since the first frame.
        load: gives RGB uint8 (H, W, 3), or None when the frame is damaged.
    """

    name: str
    index: int
    time: float
    load: Callable[[], Frame | None]


class Source(Protocol):
    """What `VideoReader` needs of a source.

    Attributes:
        name: the source as error messages call it.
        path: the video file, where it is one.
        fps: average frames per second; None when unknown.
        frames: number of frames as the source announces it; None when unknown.
        duration: seconds; None when unknown.
        unreadable: damaged frames so far.
        truncated: whether the source ended before it should have.
    """

    name: str
    path: Path | None
    fps: float | None
    frames: int | None
    duration: float | None
    unreadable: int
    truncated: bool

    def candidates(self, start: float) -> Iterator[Candidate]:
        """The frames in order; those before `start` (seconds) may be left out."""

    def close(self) -> None:
        """Releases the file or device; may be called twice."""


class ImageSource:
    """Images as the frames of a video, `IMAGE_FPS` a second, in natural order of their names.

    Args:
        name: what error messages call the images.
        files: paths; hidden files and those without an image suffix are left out.

    Raises:
        VideoError: no image is left.
    """

    def __init__(self, name: str, files: Sequence[Path]) -> None:
        images = [file for file in files if _is_image(file)]
        if not images:
            suffixes = " ".join(IMAGE_SUFFIXES)
            raise VideoError(f"no image in {name}: give a folder or pattern with {suffixes} files")
        self._files = sorted(images, key=_natural)
        self.name = name
        self.path: Path | None = None
        self.fps: float | None = IMAGE_FPS
        self.frames: int | None = len(images)
        self.duration: float | None = len(images) / IMAGE_FPS
        self.unreadable = 0
        self.truncated = False

    def candidates(self, start: float) -> Iterator[Candidate]:
        """One for each image; `start` is of no use, for nothing is read before `load`."""
        del start
        for index, file in enumerate(self._files):
            yield Candidate(
                name=f"image '{file}'",
                index=index,
                time=index / IMAGE_FPS,
                load=partial(_read_image, file),
            )

    def close(self) -> None:
        """Nothing is held open."""


class CameraSource:
    """A camera, read by OpenCV; times come from the clock, 0 at the first frame.

    Raises:
        VideoError: there is no such camera, or it is in use.
    """

    def __init__(self, index: int) -> None:
        # OpenCV tells on stderr of every backend that did not find the camera.
        level = cv2.utils.logging.getLogLevel()
        cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
        try:
            self._capture = cv2.VideoCapture(index)
        finally:
            cv2.utils.logging.setLogLevel(level)
        self.name = f"camera {index}"
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
        """The frames as they come, until the camera gives no more."""
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
        """Gives the camera back."""
        self._capture.release()


def _is_image(file: Path) -> bool:
    hidden = file.name.startswith(".")
    return file.suffix.lower() in IMAGE_SUFFIXES and not hidden and file.is_file()


def _natural(file: Path) -> tuple[list[str | int], str]:
    """Sorts 2.png before 10.png; equal numbers (01, 1) by the whole path."""
    parts = re.split(r"([0-9]+)", str(file).casefold())
    return [int(part) if part.isdecimal() else part for part in parts], str(file)


def _read_image(file: Path) -> Frame | None:
    """RGB as a viewer shows it (EXIF rotation applied), or None when the file is damaged."""
    try:
        with Image.open(file) as image:
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith("I;16"):  # Pillow would clip 16-bit grey, not scale it
                upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
            return np.array(upright.convert("RGB"))
    except (OSError, SyntaxError, ValueError):  # what Pillow raises for damaged files
        return None


def _bgr_to_rgb(image: cv2.typing.MatLike) -> Frame:
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB).astype(np.uint8, copy=False)
