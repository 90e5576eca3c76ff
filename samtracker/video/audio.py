"""The audio of a video, copied into another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import av

from samtracker.errors import VideoError
from samtracker.video.container import open_container

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import OutputContainer
    from av.packet import Packet

# What both MP4 and browsers take; PCM, Vorbis and others are encoded anew.
COPIED = frozenset({"aac", "ac3", "alac", "eac3", "flac", "mp3", "opus"})
ENCODED_RATE = 48000


class AudioCopy:
    """The first audio track of a file as a track of another file that is being written.

    Packets are copied where MP4 takes them, otherwise encoded as stereo AAC at 48 kHz. Audio that
    is damaged is left out and never costs the video.

    Args:
        source: A video file; where it has no audio, nothing is written.
        output: The container to write to, not started yet.
        start: Seconds since the first frame of the source; it becomes 0 in the output.

    Raises:
        VideoError: The source cannot be opened.
    """

    def __init__(self, source: Path, output: OutputContainer, *, start: float) -> None:
        try:
            self._input = open_container(source)
        except VideoError as error:
            raise VideoError(f"the audio of '{source}' cannot be read: {error}") from error
        self._output = output
        self._start = start
        self._last_dts: int | None = None
        self._packets: Iterator[Packet[AudioStream]] = iter(())
        tracks = [item for item in self._input.streams.audio if item.codec_context is not None]
        if tracks:
            self._track = tracks[0]
            self._copied = self._track.codec_context.codec.canonical_name in COPIED
            self._target = self._add_target()
            self._zero = self._first_frame()
            self._packets = self._from_start()
        self._next = next(self._packets, None)

    def write_until(self, end: float) -> None:
        """Write the audio before `end` (seconds since the first frame of the source)."""
        while self._next is not None and self._seconds(self._next) < end:
            self._write(self._next)
            self._next = next(self._packets, None)

    def finish(self, end: float) -> None:
        """Write the audio before `end` (seconds) and whatever the encoder still holds."""
        self.write_until(end)
        if self._last_dts is not None and not self._copied:
            self._mux(self._target.encode(None))

    def close(self) -> None:
        """Close the source."""
        self._input.close()

    def _add_target(self) -> AudioStream:
        if self._copied:
            return self._output.add_stream_from_template(self._track)
        return self._output.add_stream("aac", rate=ENCODED_RATE, layout="stereo")

    def _first_frame(self) -> float:
        """Return the time of the first video frame, in seconds as the source counts them."""
        for stream in self._input.streams.video:
            if stream.start_time is not None and stream.time_base is not None:
                return float(stream.start_time * stream.time_base)
        return 0.0

    def _from_start(self) -> Iterator[Packet[AudioStream]]:
        """Yield packets from just before the start: decoding one takes the packet before it.

        The early one gets a negative time, which players skip.
        """
        try:
            for packet in self._input.demux(self._track):
                if packet.size and packet.pts is not None and packet.dts is not None:
                    reach = 2 * float((packet.duration or 0) * packet.time_base)
                    if self._seconds(packet) + reach > self._start:
                        yield packet
        except av.FFmpegError:  # the source ends here
            return

    def _seconds(self, packet: Packet[AudioStream]) -> float:
        return float((packet.pts or 0) * packet.time_base) - self._zero

    def _write(self, packet: Packet[AudioStream]) -> None:
        shift = round((self._start + self._zero) / packet.time_base)
        if not self._copied:
            self._mux(self._encode(packet, shift))
        elif packet.pts is not None and packet.dts is not None:
            packet.pts -= shift
            packet.dts -= shift
            packet.stream = self._target
            self._mux([packet])

    def _encode(self, packet: Packet[AudioStream], shift: int) -> Iterator[Packet[AudioStream]]:
        try:
            for frame in packet.decode():
                if frame.pts is not None:
                    frame.pts -= shift
                    yield from self._target.encode(frame)
        except (av.FFmpegError, ValueError):  # damaged, or another format halfway
            return

    def _mux(self, packets: Iterable[Packet[AudioStream]]) -> None:
        for packet in packets:
            # Times that do not increase would make the whole output fail.
            if packet.dts is not None and (self._last_dts is None or packet.dts > self._last_dts):
                self._last_dts = packet.dts
                self._output.mux(packet)
