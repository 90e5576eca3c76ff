"""One output file: FFmpeg's encoder and container, and the formats that are written."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from errno import ENOSPC
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, VideoReformatter
from numpy.typing import NDArray

from samtracker.types import Size
from samtracker.video.audio import AudioCopy
from samtracker.video.palette_filter import PaletteFilter

if TYPE_CHECKING:
    from av.video.stream import VideoStream

FPS_RANGE = (0.01, 1000.0)
FALLBACK_FPS = 25.0
"""For sources that do not know their own, such as some cameras."""
MIN_TICKS = 90_000  # per second
BT709 = 1  # AVCOL_SPC_BT709, AVCOL_PRI_BT709, AVCOL_TRC_BT709


def output_fps(source_fps: float | None, stride: int = 1) -> float:
    """Return the frame rate of a video that shows a source's frames.

    Args:
        source_fps: Frames per second of the source; None where it does not know them.
        stride: Every how many-th of its frames is shown.

    Returns:
        Frames per second, within `FPS_RANGE`.
    """
    lowest, highest = FPS_RANGE
    return min(max((source_fps or FALLBACK_FPS) / stride, lowest), highest)


@dataclass(frozen=True, kw_only=True)
class VideoFormat:
    """The container, encoder and pixel formats of one kind of output, in FFmpeg's names.

    Attributes:
        container: The file format.
        container_options: Of the file format.
        encoder: The encoder.
        options: Of the encoder.
        given: Pixel format of the frames that come in.
        stored: Pixel format in the file.
        multiple: Height and width must be multiples of this.
    """

    container: str
    container_options: dict[str, str]
    encoder: str
    options: dict[str, str]
    given: str
    stored: str
    multiple: int


FASTSTART = {"movflags": "+faststart"}
"""The index of an MP4 or MOV is at the front, so that a browser need not load the whole file."""

X264_THREADS = max(1, (os.cpu_count() or 1) // 4)
"""The other cores are left to whoever makes the frames; x264 alone would take them all."""

H264 = VideoFormat(
    container="mp4",
    container_options=FASTSTART,
    encoder="libx264",
    # Half the time of "veryfast" for as good a picture, in files larger by a quarter.
    options={"crf": "20", "preset": "superfast", "threads": str(X264_THREADS)},
    given="rgb24",
    stored="yuv420p",
    multiple=2,
)
H264_FRAGMENTS = replace(
    H264,
    container_options={
        "movflags": "+empty_moov+default_base_moof+frag_every_frame",
        "flush_packets": "1",
    },
    options={**H264.options, "tune": "zerolatency"},  # or the encoder would hold frames back
)
"""Every frame is in the file as soon as it is encoded, and the file can be shown at any time."""

PRORES_4444 = VideoFormat(
    container="mov",
    container_options=FASTSTART,
    encoder="prores_ks",
    options={"profile": "4444", "vendor": "apl0"},
    given="rgba",
    stored="yuva444p10le",
    multiple=1,
)

VP9_ALPHA = VideoFormat(
    container="webm",
    container_options={},
    encoder="libvpx-vp9",
    options={"crf": "30", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    given="rgba",
    stored="yuva420p",
    multiple=2,
)
"""What browsers show over a page; they do so with no other format that has transparency."""

GIF = VideoFormat(
    container="gif",
    container_options={},
    encoder="gif",
    options={},
    given="rgb24",
    stored="pal8",
    multiple=1,
)


class VideoEncoder:
    """One output file from its first frame to its end; errors are FFmpeg's.

    Args:
        path: The file to write.
        form: See `VideoFormat`.
        rate: Frames per second.
        size: (H, W) of the frames; padded at the bottom and right where the format asks for it.
        aspect: Width of a pixel, as players show it, over its height.
        start: Time of the first frame in seconds, which becomes 0 in the file.
        audio_from: See `VideoWriter`.
    """

    def __init__(
        self,
        path: Path,
        form: VideoFormat,
        *,
        rate: Fraction,
        size: Size,
        aspect: Fraction,
        start: float,
        audio_from: Path | None,
    ) -> None:
        self.size = size
        self._form = form
        self._start = self._end = start
        # A multiple of the rate, so that a constant rate comes out exact, 30000/1001 too.
        self._ticks = rate.numerator * max(1, MIN_TICKS // rate.numerator)
        self._frame_ticks = round(self._ticks / rate)
        self._last = -1
        self._reformatter = VideoReformatter()
        self._output = av.open(
            f"file:{path}",
            "w",
            format=form.container,
            container_options=form.container_options,
        )
        self._stream = cast(
            "VideoStream", self._output.add_stream(form.encoder, rate=rate, options=form.options)
        )
        self._stream.height, self._stream.width = (side + -side % form.multiple for side in size)
        self._stream.pix_fmt = form.stored
        context = self._stream.codec_context
        context.time_base = Fraction(1, self._ticks)
        context.sample_aspect_ratio = aspect
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = ColorRange.MPEG
        self._palette = PaletteFilter(self.size) if form.stored == "pal8" else None
        self._path = path
        self._failed = False
        self._audio: AudioCopy | None = None
        if audio_from is not None:
            self._audio = AudioCopy(audio_from, self._output, start=start)

    def add(self, pixels: NDArray[np.uint8], seconds: float) -> None:
        """Encode one frame, uint8 (H, W, channels), shown at `seconds`."""
        below, right = (-side % self._form.multiple for side in self.size)
        if below or right:
            pixels = np.pad(pixels, ((0, below), (0, right), (0, 0)), mode="edge")
        frame = av.VideoFrame.from_ndarray(pixels, format=self._form.given)
        if self._palette is not None:
            frame = self._palette.apply(frame)
        else:
            frame = self._reformatter.reformat(
                frame,
                format=self._form.stored,
                dst_colorspace=Colorspace.ITU709,
                dst_color_range=ColorRange.MPEG,
            )
        self._last = max(round((seconds - self._start) * self._ticks), self._last + 1)
        frame.pts = self._last
        frame.time_base = Fraction(1, self._ticks)
        self._failed = True  # unless all of this works
        self._output.mux(self._stream.encode(frame))
        if self._audio is not None:
            self._audio.write_until(seconds)
        self._failed = False
        self._end = self._start + (self._last + self._frame_ticks) / self._ticks

    def finish(self) -> None:
        """Write what is still held back, and the index."""
        try:
            if self._failed and not self._path.stat().st_size:
                # FFmpeg would crash on a file whose header could not be written.
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            self._output.mux(self._stream.encode(None))
            if self._audio is not None:
                self._audio.finish(self._end)
        finally:
            if self._audio is not None:
                self._audio.close()
            self._output.close()
