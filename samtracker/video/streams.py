"""Which of the video streams of a file is read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import av
from av.stream import Disposition

from samtracker.errors import ConfigError, VideoError

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

COVERS = Disposition.attached_pic | Disposition.timed_thumbnails
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def choose_stream(container: InputContainer, name: str, number: int | None) -> int:
    """Return the number of a video stream, counted among the video streams of the file.

    Args:
        container: The file.
        name: The file as messages call it.
        number: The one that the user wants; None for the one that a player would show: no attached
            picture, not less than half as long as another one (a preview), flagged as default, and
            then the largest and the longest.

    Raises:
        ConfigError: There is no stream of this number.
        VideoError: There is no video, or none that can be decoded.
    """
    streams = container.streams.video
    drawn = container.format.name == "tty"  # FFmpeg draws text files as video
    shown = [] if drawn else [item for item in streams if not item.disposition & COVERS]
    if not shown:
        raise VideoError(f"{name} has no video in it: give a video file")
    if number is not None and not 0 <= number < len(streams):
        raise ConfigError(f"stream={number} is not in {name}: it has 0 to {len(streams) - 1}")
    wanted = shown if number is None else [streams[number]]
    readable = [item for item in wanted if item.codec_context is not None]
    if not readable:
        raise VideoError(f"{name} has a video codec that cannot be decoded: convert it to H.264")
    lengths = {item.index: _seconds(container, item) for item in readable}
    longest = max(lengths.values())
    best = max(
        readable,
        key=lambda item: (
            2 * lengths[item.index] >= longest,
            bool(item.disposition & Disposition.default),
            item.width * item.height,
            lengths[item.index],
        ),
    )
    return [item.index for item in streams].index(best.index)


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    """Return how long a stream is, or else the file: Matroska says it of streams in tags only."""
    for name, value in stream.metadata.items():
        clock = _CLOCK.match(value) if name.startswith("DURATION") else None
        if clock:
            hours, minutes, seconds = map(float, clock.groups())
            return hours * 3600 + minutes * 60 + seconds
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base
