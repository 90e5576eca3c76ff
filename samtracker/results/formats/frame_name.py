"""What files call a frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class FrameLike(Protocol):
    """A frame without its pixels, see `samtracker.video.read.VideoFrame`."""

    @property
    def index(self) -> int:
        """Number in the source, from 0."""

    @property
    def time(self) -> float | None:
        """Seconds since the first frame of the source."""

    @property
    def source(self) -> str | None:
        """Name of the picture that it comes from."""

    @property
    def stem(self) -> str | None:
        """Name of what is made of it."""


@dataclass(frozen=True, kw_only=True)
class FrameName:
    """A frame that a file tells of, see `FrameLike`."""

    index: int
    time: float | None = None
    source: str | None = None
    stem: str | None = None


def stem_of(frame: FrameLike) -> str:
    """Return the name, without suffix, of a file that is made of a frame."""
    return frame.stem or f"{frame.index:05d}"


def picture_of(frame: FrameLike) -> str:
    """Return the name of the picture of a frame; of a video's, as DAVIS has them."""
    return frame.source or f"{stem_of(frame)}.jpg"


def numbers_of(files: Sequence[Path]) -> Sequence[int]:
    """Return the numbers of frames: those that all files are called by, or else 0, 1, ..."""
    stems = [file.stem for file in files]
    numbers = [int(stem) for stem in stems if stem.isdecimal()]
    return numbers if len(set(numbers)) == len(stems) else range(len(stems))
