"""Writing video: H.264, ProRes and VP9 with transparency, and small GIFs."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from numbers import Real
from pathlib import Path
from typing import Self

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.errors import ConfigError, FrameError, OutputError, VideoError
from samtracker.types import Frame, Mask, check_frame, to_seconds
from samtracker.video.encoder import (
    FPS_RANGE,
    GIF,
    H264,
    PRORES_4444,
    VP9_ALPHA,
    VideoEncoder,
    VideoFormat,
)

LONGEST = 1e9
"""Seconds from the first frame of a video to its last."""

GIF_SIDE = 480
"""Pixels of the longer side of a GIF, at most."""

GIF_STEP = 1 / 15 - 0.001
"""Seconds between two frames of a GIF, at least; times may be rounded to milliseconds."""

SQUARE = Fraction(1)
"""Sample aspect ratio of square pixels."""


class _Writer:
    """A video file that gets its name only when it is finished.

    Until then it is `.NAME.partial` in the same folder. The end of a `with` block finishes it even
    after an error, so that what was written is kept. Without any frame, nothing is left behind.
    """

    _form: VideoFormat
    _audio_from: Path | None = None

    def __init__(
        self, path: str | Path, *, fps: float | Fraction, sample_aspect_ratio: Fraction = SQUARE
    ) -> None:
        lowest, highest = FPS_RANGE
        if not isinstance(fps, Real) or not lowest <= fps <= highest:
            raise ConfigError(
                f"fps={reprlib.repr(fps)} is out of range: give {lowest:g} to {highest:g}"
            )
        self.path = Path(path)
        self._rate = Fraction(fps).limit_denominator(1001)  # 29.97002997... is 30000/1001
        self._aspect = sample_aspect_ratio
        self._encoder: VideoEncoder | None = None
        self._count = 0
        self._start = 0.0
        self._closed = False
        self._partial = self._partial_of(self.path)
        try:
            self._partial.touch()
        except OSError as error:
            raise OutputError(
                f"'{path}' cannot be written ({error.strerror}): choose another folder"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish the file and give it its name; the second time it does nothing.

        Raises:
            VideoError: The disk is full or the encoder failed; nothing is left behind.
        """
        if self._closed:
            return
        self._closed = True
        if self._encoder is None:
            self._partial.unlink(missing_ok=True)
            return
        with self._reporting():
            self._finish(self._encoder)

    def _finish(self, encoder: VideoEncoder) -> None:
        try:
            encoder.finish()
            self._partial.replace(self.path)
        finally:
            self._partial.unlink(missing_ok=True)

    @staticmethod
    def _partial_of(path: Path) -> Path:
        """Return where a file is until it is finished."""
        return path.with_name(f".{path.name}.partial")

    def _add(self, pixels: NDArray[np.uint8], time: float | None) -> None:
        if self._closed:
            raise VideoError(f"'{self.path}' is finished: no frame can be added")
        height, width = pixels.shape[:2]
        given = to_seconds(time, "time")
        seconds = float(self._count / self._rate) if given is None else given
        self._start = seconds if self._encoder is None else self._start
        if abs(seconds - self._start) > LONGEST:
            raise FrameError(f"time={time} is too far from the first frame's, {self._start}")
        with self._reporting():
            if self._encoder is None:
                self._encoder = VideoEncoder(
                    self._partial,
                    self._form,
                    rate=self._rate,
                    size=(height, width),
                    aspect=self._aspect,
                    start=seconds,
                    audio_from=self._audio_from,
                )
            if (height, width) != self._encoder.size:
                first = self._encoder.size
                raise VideoError(
                    f"frame {self._count} of '{self.path}' has {width}x{height} pixels, but the "
                    f"first has {first[1]}x{first[0]}: all must have the same size"
                )
            self._encoder.add(pixels, seconds)
        self._count += 1

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """Turn what the disk or FFmpeg raise into a `VideoError`."""
        try:
            yield
        except (av.FFmpegError, OSError) as error:
            raise VideoError(
                f"'{self.path}' cannot be written ({error.strerror}): "
                "free disk space or choose another folder"
            ) from error


class VideoWriter(_Writer):
    """Writes an MP4 that browsers play: H.264, yuv420p, BT.709, the index at the front.

    An odd height or width is padded to an even one by repeating the last row or column, for
    yuv420p stores one color for two by two pixels.

    Args:
        path: The file; an existing one is replaced when the new one is finished.
        fps: Frames per second; for frames without a time, and how long the last one is shown.
        sample_aspect_ratio: Width of a pixel, as players show it, over its height.
        audio_from: Video file whose audio is taken along, for the time span that is written.

    Raises:
        ConfigError: `fps` is out of range.
        OutputError: The folder does not exist or cannot be written to.
    """

    _form = H264

    def __init__(
        self,
        path: str | Path,
        *,
        fps: float | Fraction,
        sample_aspect_ratio: Fraction = SQUARE,
        audio_from: Path | None = None,
    ) -> None:
        super().__init__(path, fps=fps, sample_aspect_ratio=sample_aspect_ratio)
        self._audio_from = audio_from

    def write(self, image: Frame, time: float | None = None) -> None:
        """Add a frame.

        Args:
            image: RGB uint8 (H, W, 3), of the same size as the first one.
            time: Seconds since the first frame of the source, so that a variable frame rate
                survives; the first one written becomes 0. A time that is not later than the last
                one is moved just after it. By default the number of the frame / fps.

        Raises:
            FrameError: The image is not RGB uint8, or the time is none.
            VideoError: Another size than before, a full disk, or `audio_from` cannot be read.
        """
        check_frame(image)
        self._add(image, time)


class AlphaWriter(_Writer):
    """Writes a MOV for video editors: ProRes 4444, transparent outside the mask.

    Args:
        path: The file; an existing one is replaced when the new one is finished.
        fps: As of `VideoWriter`.
        sample_aspect_ratio: As of `VideoWriter`.

    Raises:
        ConfigError: `fps` is out of range.
        OutputError: The folder does not exist or cannot be written to.
    """

    _form = PRORES_4444

    def write(self, image: Frame, mask: Mask, time: float | None = None) -> None:
        """Add a frame, opaque where the mask is True.

        Args:
            image: RGB uint8 (H, W, 3), of the same size as the first one.
            mask: Where the frame is opaque, bool (H, W).
            time: As of `VideoWriter.write`.

        Raises:
            FrameError: The image is not RGB uint8, or the time is none.
            VideoError: Another size than before, or a full disk.
        """
        self._add(_cut_out(image, mask), time)


class WebmWriter(_Writer):
    """Writes a WebM for web pages: VP9, transparent outside the mask.

    Pixels that are not square are made so, for neither this nor a GIF can tell players of them;
    an odd height or width is padded as by `VideoWriter`.

    Args:
        path: The file; an existing one is replaced when the new one is finished.
        fps: As of `VideoWriter`.
        sample_aspect_ratio: As of `VideoWriter`.

    Raises:
        ConfigError: `fps` is out of range.
        OutputError: The folder does not exist or cannot be written to.
    """

    _form = VP9_ALPHA

    def write(self, image: Frame, mask: Mask, time: float | None = None) -> None:
        """Add a frame, opaque where the mask is True; as of `AlphaWriter.write`."""
        self._add(_squared(_cut_out(image, mask), self._aspect), time)


class GifWriter(_Writer):
    """Writes a small animated GIF: at most 480 pixels a side, and 15 frames a second.

    Args:
        path: The file; an existing one is replaced when the new one is finished.
        fps: As of `VideoWriter`.
        sample_aspect_ratio: As of `WebmWriter`.

    Raises:
        ConfigError: `fps` is out of range.
        OutputError: The folder does not exist or cannot be written to.
    """

    _form = GIF
    _next = -LONGEST

    def write(self, image: Frame, time: float) -> None:
        """Add a frame, unless it is too soon after the one before.

        Args:
            image: RGB uint8 (H, W, 3), of the same size as the first one.
            time: As of `VideoWriter.write`.

        Raises:
            FrameError: The image is not RGB uint8, or the time is none.
            VideoError: Another size than before, or a full disk.
        """
        check_frame(image)
        if time < self._next:
            return
        self._next = time + GIF_STEP
        self._add(_squared(image, self._aspect, longest=GIF_SIDE), time)


def _cut_out(image: Frame, mask: Mask) -> NDArray[np.uint8]:
    """Return a frame, once it is checked, as RGBA that is opaque where the mask is True."""
    check_frame(image)
    return np.dstack([image, mask.astype(np.uint8) * 255])


def _squared(
    pixels: NDArray[np.uint8], aspect: Fraction, *, longest: float = math.inf
) -> NDArray[np.uint8]:
    """Return a picture of square pixels, uint8 (H, W, channels), of no longer sides than that."""
    height, width = pixels.shape[0], pixels.shape[1] * float(aspect)
    scale = min(1.0, longest / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    if size == pixels.shape[1::-1]:
        return pixels
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
