"""Recording a live stream: an MP4 that outlives a kill of the program."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import av

from samtracker.video.encoder import FASTSTART, H264_FRAGMENTS, VideoEncoder
from samtracker.video.write import VideoWriter

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video.stream import VideoStream


class RecordingWriter(VideoWriter):
    """Writes an MP4 as `VideoWriter` does, of which a kill takes the last frame at most.

    Until it is finished it is `NAME.partial.mp4` in the same folder, in fragments: players show it
    at any time. At its end the packets are copied into a plain MP4. Where the disk is too full for
    that, the fragments get its name.

    Args:
        path: See `VideoWriter`; it ends in `.mp4`. What a kill left is replaced.
        fps: See `VideoWriter`.
        sample_aspect_ratio: See `VideoWriter`.

    Attributes:
        kept: Whether there is a finished video.

    Raises:
        ConfigError: See `VideoWriter`.
        OutputError: See `VideoWriter`.
    """

    _form = H264_FRAGMENTS
    kept = False

    def _finish(self, encoder: VideoEncoder) -> None:
        try:
            encoder.finish()
        finally:  # a full disk does not cost what was written before
            self.kept = _has_frames(self._partial)
            if self.kept:
                self._make_plain()
            else:
                self._partial.unlink(missing_ok=True)

    def _make_plain(self) -> None:
        plain = super()._partial_of(self.path)
        try:
            _copy(self._partial, plain)
            plain.replace(self.path)
            self._partial.unlink()
        except (av.FFmpegError, OSError):
            self._partial.replace(self.path)
        finally:
            plain.unlink(missing_ok=True)

    @staticmethod
    def _partial_of(path: Path) -> Path:
        return recording_partial(path)


def recording_partial(path: Path) -> Path:
    """Return where a recording is until it is finished, and after a kill."""
    return path.with_suffix(f".partial{path.suffix}")


def _has_frames(path: Path) -> bool:
    """Return whether more than a file's beginning was written."""
    try:
        with av.open(f"file:{path}") as video:
            return bool(video.streams.video) and next(_packets(video), None) is not None
    except av.FFmpegError:
        return False


def _copy(source: Path, target: Path) -> None:
    """Copy a video's packets into an MP4 with its index at the front."""
    with (
        av.open(f"file:{source}") as video,
        av.open(f"file:{target}", "w", format="mp4", container_options=FASTSTART) as copy,
    ):
        stream = copy.add_stream_from_template(video.streams.video[0])
        for packet in _packets(video):
            packet.stream = stream
            copy.mux(packet)


def _packets(video: InputContainer) -> Iterator[Packet[VideoStream]]:
    """Yield the packets of a video, up to a last fragment that is not whole."""
    with suppress(av.FFmpegError):
        for packet in video.demux(video=0):
            if packet.is_corrupt:
                return
            if packet.dts is not None:
                yield packet
