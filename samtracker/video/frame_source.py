"""What every source of frames has in common."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Protocol

from samtracker.errors import VideoError
from samtracker.types import Frame


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A frame that a source offers; it is neither read nor converted before `load` is called.

    Attributes:
        name: The frame as error messages call it.
        index: Number of the frame in the source, from 0.
        time: Seconds since the first frame.
        load: Returns RGB uint8 (H, W, 3); raises VideoError when the frame is damaged.
        source: See `VideoFrame`.
        stem: See `VideoFrame`.
    """

    name: str
    index: int
    time: float
    load: Callable[[], Frame]
    source: str | None = None
    stem: str | None = None


class FrameSource(Protocol):
    """Where `VideoReader` gets its frames from; sources inherit what seldom differs.

    Attributes:
        name: The source as error messages call it.
        path: The video file, where the source is one that may have audio.
        fps: Average frames per second; None when unknown.
        frames: Number of frames as the source announces it; None when unknown.
        duration: Seconds; None when unknown.
        unreadable: Number of damaged frames so far.
        truncated: Whether the source ended before it should have.
        notes: What had to be chosen until now to read it, in words that a user understands.
        sample_aspect_ratio: Width of a pixel, as shown, over its height; sure once a frame is
            loaded.
        video_stream: Number of the video stream that is read; None where there is no choice.
        is_live: Whether it has no end, as a camera.
        repeatable: Whether it can be opened again and is the same then.
        in_segments: Whether frames come some seconds at a time, sooner than they are to be shown.
        by_number: Whether the candidates may be loaded in any order.
    """

    name: str
    path: Path | None
    fps: float | None
    frames: int | None
    duration: float | None
    unreadable: int
    truncated: bool
    sample_aspect_ratio: Fraction = Fraction(1)
    video_stream: int | None = None
    is_live: bool = False
    repeatable: bool = True
    in_segments: bool = False
    by_number: bool = False

    @property
    def notes(self) -> tuple[str, ...]:
        """See above."""
        return ()

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield the frames in order; those before `start` (seconds) may be left out."""

    def times(self) -> Sequence[float]:
        """Return the times of all frames, by their numbers, so that they can be read backward.

        Raises:
            VideoError: They cannot.
        """
        if not self.by_number:
            raise VideoError(
                f"{self.name} cannot be read backward, for it comes once: save it to a file first"
            )
        return array("d", (candidate.time for candidate in self.candidates(0.0)))

    def backward(self, numbers: Sequence[int]) -> Iterator[Candidate]:
        """Yield the frames with these numbers, which fall; `times` has been called."""
        every = list(self.candidates(0.0))
        return (every[number] for number in numbers)

    def close(self) -> None:
        """Release the file or device; it may be called twice."""
