"""Reading video: one iterator for files, URLs, images and cameras."""

from __future__ import annotations

import math
import os
import re
import reprlib
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from numbers import Integral, Real
from pathlib import Path
from typing import Final, Self

from samtracker.errors import ConfigError, VideoError
from samtracker.files import checked_path
from samtracker.types import Frame, Size
from samtracker.video.animation import AnimationSource
from samtracker.video.camera import CameraSource
from samtracker.video.file import FileSource
from samtracker.video.frame_source import Candidate, FrameSource
from samtracker.video.image_pattern import is_pattern, matching
from samtracker.video.image_source import ImageSource
from samtracker.video.location import locate_source
from samtracker.video.picture_kind import is_picture
from samtracker.video.places import Places
from samtracker.video.stills import ANIMATION_SUFFIXES, IMAGE_SUFFIXES

DIGITS = 12
"""Digits of a camera's number that are read: such a number is too large already."""

LONGEST: Final = 10**9
"""Seconds or frames that no source has; sums of such numbers are exact enough to be counted."""


@dataclass(frozen=True, kw_only=True)
class VideoFrame:
    """One frame of a source.

    Attributes:
        index: Number of the frame in the source, from 0; frames that were not asked for count.
            Of damaged ones, images count, and frames of a video that cannot be decoded do not.
        time: Seconds since the first frame of the source.
        image: RGB uint8 (H, W, 3), upright.
        source: Name of the picture it comes from, where the source is a folder or pattern of
            pictures, relative to the folder that holds them all; a page of a TIFF has its number
            behind, `scan.tif[2]`. None for any other source.
        stem: Name of what is made of the frame, without suffix, see `frame_stems`; None for
            `index`.
    """

    index: int
    time: float
    image: Frame
    source: str | None = None
    stem: str | None = None


@dataclass(frozen=True, kw_only=True)
class VideoInfo:
    """What is known of a source before it is read.

    Attributes:
        size: (H, W) of the upright frames.
        fps: Average frames per second, 30000/1001 for NTSC; None when unknown.
        frames: Number of frames in the whole source, as it announces it; None when unknown, as
            with cameras and live streams.
        duration: Seconds; None when unknown, as with MPEG transport streams, which may be joined.
        sample_aspect_ratio: Width of a pixel, as players show it, over its height; 1 for squares.
        stream: Number of the video stream that is read; None where there is no choice.
    """

    size: Size
    fps: float | None
    frames: int | None
    duration: float | None
    sample_aspect_ratio: Fraction = Fraction(1)
    stream: int | None = None


@dataclass(frozen=True, kw_only=True)
class ReadState:
    """What was found while a source was read, up to some frame of it.

    Attributes:
        unreadable: See `VideoReader`.
        notes: See `VideoReader`.
        truncated: See `VideoReader`.
    """

    unreadable: int
    notes: tuple[str, ...]
    truncated: bool


class VideoReader(Iterator[VideoFrame]):
    """Iterator over the frames of a source, made by `read_frames`.

    Damaged frames are left out and counted. The source is released at the end, at an error, by
    `close` and at the end of a `with` block.

    Attributes:
        info: See `VideoInfo`.
        path: The video file, so that its audio can be copied; None for any other source.
        places: Numbers and times of all frames, in the order of their times, where they are read
            backward; empty otherwise.
    """

    info: VideoInfo
    path: Path | None
    places: Sequence[tuple[int, float]]

    def __init__(
        self,
        source: FrameSource,
        given: str | Path | int,
        *,
        start: float,
        end: float | None,
        stride: int,
        backward: bool,
    ) -> None:
        self._source = source
        self._given = given
        self.places = ()
        try:
            if backward:
                self.places = Places(source.times(), start, end, stride)
                candidates = source.backward(self.places.numbers[::-1])
                start, end, stride = -math.inf, None, 1  # that is done
            else:
                candidates = source.candidates(start)
            first, size = _first_readable(source, candidates)
        except BaseException:
            source.close()
            raise
        self.info = VideoInfo(
            size=size,
            fps=source.fps,
            frames=source.frames,
            duration=source.duration,
            sample_aspect_ratio=source.sample_aspect_ratio,
            stream=source.video_stream,
        )
        self.path = source.path
        # No method of this object: a cycle would leave the release to the garbage collector.
        self._frames = _select(
            source,
            chain([first], candidates),
            size=None if self.is_live else size,
            start=start,
            end=end,
            stride=stride,
        )

    @property
    def is_live(self) -> bool:
        """Whether the source is a camera or stream, which has no end and does not come again."""
        return self._source.is_live

    @property
    def repeatable(self) -> bool:
        """Whether the source can be read again; a camera, stream or pipe cannot."""
        return self._source.repeatable

    @property
    def in_segments(self) -> bool:
        """Whether frames come some seconds at a time, sooner than they are to be shown (HLS)."""
        return self._source.in_segments

    @property
    def unreadable(self) -> int:
        """Number of damaged frames so far."""
        return self._source.unreadable

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be chosen until now to read the source, in words."""
        return self._source.notes

    @property
    def truncated(self) -> bool:
        """Whether the source ended before it should have; known once it has ended."""
        return self._source.truncated

    @property
    def state(self) -> ReadState:
        """What was found until now."""
        return ReadState(unreadable=self.unreadable, notes=self.notes, truncated=self.truncated)

    def check_complete(self) -> None:
        """Check that the source did not end before it should have; to be called at its end.

        Raises:
            VideoError: It did.
        """
        if self.truncated:
            raise VideoError(f"'{self._given}' is cut off or damaged at its end")

    def __next__(self) -> VideoFrame:
        return next(self._frames)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the source; there are no more frames afterwards."""
        self._frames.close()
        self._source.close()


def read_frames(
    source: str | Path | int,
    *,
    start: float = 0.0,
    end: float | None = None,
    stride: int = 1,
    stream: int | None = None,
    backward: bool = False,
) -> VideoReader:
    """Open a source and iterate over its frames.

    ::

        with read_frames("clip.mp4", end=10.0) as frames:
            for frame in frames:
                result = tracker.step(frame.image)

    Args:
        source: A video file; a GIF, APNG or WebP, at its own times; a TIFF, whose pages come at
            25 frames per second; a folder of images or a pattern of them, `*.png` or `%05d.png`,
            in natural order of their names and at 25 frames per second; a camera's number (an
            int, or a string of digits) or device path; a URL such as rtsp://host/stream; or a
            pipe, `-` for standard input, which is read once from its start to its end.
        start: Seconds; frames before are left out.
        end: Seconds; frames from here on are left out.
        stride: Takes every n-th of those frames.
        stream: Number of the video stream in a file or URL, from 0; None for the one that players
            show: the default one, then the largest and longest. Attached pictures and previews
            come last.
        backward: Whether the same frames come from the last to the first; of a file, images or an
            animation. All packets of a video are read before.

    Returns:
        An iterator of `VideoFrame` that is also a context manager.

    Raises:
        ConfigError: `start`, `end`, `stride` or `stream` are no numbers or out of range.
        VideoError: The source does not exist, is no video, cannot be read backward, or none of its
            frames can be read.
            While iterating: a frame has another size than the first one; not of a camera or
            stream, whose frames come as they are.
    """
    if isinstance(source, bool):
        raise VideoError(f"source={source} is no path: give a str or a Path, or a camera's number")
    if not isinstance(source, int):
        checked_path(source, VideoError, "source")
    if stream is not None:
        _check_kind("stream", stream, Integral)
    check_range(start, end, stride)
    opened = _open(source, stream)
    if opened.duration is not None and start >= opened.duration:
        opened.close()
        raise ConfigError(
            f"start={start} is past the end of {opened.name}, which lasts {opened.duration:.3f} s"
        )
    return VideoReader(opened, source, start=start, end=end, stride=stride, backward=backward)


def check_range(start: float, end: float | None, stride: int) -> None:
    """Check which frames are asked for.

    Args:
        start: See `read_frames`.
        end: See `read_frames`.
        stride: See `read_frames`.

    Raises:
        ConfigError: They are no numbers or out of range.
    """
    _check_kind("start", start, Real)
    _check_kind("end", start if end is None else end, Real)
    _check_kind("stride", stride, Integral)
    if not 0 <= start <= LONGEST:
        raise ConfigError(f"start={start} is not a time: give 0 or more seconds")
    if end is not None and not end > start:
        raise ConfigError(f"end={end} is not after start={start}: give a later end")
    if end is not None and end > LONGEST:
        raise ConfigError(f"end={end} is not a time: give seconds, or nothing for the whole source")
    if not 1 <= stride <= LONGEST:
        raise ConfigError(
            f"stride={reprlib.repr(stride)} is not possible: give 1 or more, up to {LONGEST}"
        )


def _open(source: str | Path | int, stream: int | None) -> FrameSource:
    opened = _open_any(source, stream)
    if stream is not None and not isinstance(opened, FileSource):
        opened.close()
        raise ConfigError(f"stream={stream} does not fit {opened.name}: only videos have streams")
    return opened


def _open_any(source: str | Path | int, stream: int | None) -> FrameSource:
    camera = _camera(source)
    if camera is not None:
        return CameraSource(camera)
    assert not isinstance(source, int), "that is a camera"
    path = locate_source("/dev/stdin" if source == "-" else source)
    if isinstance(path, str):
        return FileSource(path, stream)
    try:
        if path.is_dir():
            return ImageSource(f"folder '{path}'", list(path.iterdir()))
        if path.exists():
            named = path.suffix.lower() in IMAGE_SUFFIXES + ANIMATION_SUFFIXES
            picture = named or (path.is_file() and is_picture(path))
            return AnimationSource(path) if picture else FileSource(path, stream)
        if is_pattern(path):
            return ImageSource(f"pattern '{path}'", matching(path))
    except OSError as error:
        raise VideoError(f"'{path}' cannot be read ({error.strerror}): check the path") from error
    raise VideoError(f"no such file or folder: '{path}'; check the path")


def _camera(source: str | Path | int) -> int | None:
    """Return the number of a camera, given by number or device path; None for anything else."""
    if isinstance(source, int):
        return source
    if isinstance(source, str) and source.isdecimal():
        return int(source[:DIGITS])
    device = re.fullmatch(r"/dev/video(\d+)", os.path.realpath(source))
    return int(device[1][:DIGITS]) if device else None


def _check_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        whole = "a whole number" if kind is Integral else "seconds"
        raise ConfigError(f"{name}={reprlib.repr(value)} does not fit: give {whole}")


def _first_readable(source: FrameSource, candidates: Iterator[Candidate]) -> tuple[Candidate, Size]:
    """Return the first frame that is not damaged and its size (H, W)."""
    reason = ", it is damaged or incomplete: record, copy or download it again"
    for candidate in candidates:
        try:
            image = candidate.load()
        except VideoError as error:
            if not source.unreadable:
                reason = f": {error}"
            source.unreadable += 1
            continue
        return candidate, (image.shape[0], image.shape[1])
    raise VideoError(f"no frame of {source.name} can be read{reason}")


def _select(
    source: FrameSource,
    candidates: Iterator[Candidate],
    *,
    size: Size | None,
    start: float,
    end: float | None,
    stride: int,
) -> Generator[VideoFrame, None, None]:
    """Load every n-th frame from `start` to before `end`, all of one size if there is one."""
    count = 0
    try:
        for candidate in candidates:
            if candidate.time < start:
                continue
            if end is not None and candidate.time >= end:
                return
            count += 1
            if (count - 1) % stride:
                continue
            try:
                image = candidate.load()
            except VideoError:
                source.unreadable += 1
                continue
            if size is not None and image.shape[:2] != size:
                raise VideoError(
                    f"{candidate.name} has {image.shape[1]}x{image.shape[0]} pixels, "
                    f"but the first frame has {size[1]}x{size[0]}: all must have the same size"
                )
            yield VideoFrame(
                index=candidate.index,
                time=candidate.time,
                image=image,
                source=candidate.source,
                stem=candidate.stem,
            )
    finally:
        source.close()
