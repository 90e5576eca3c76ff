"""A video file or URL as a source of frames, read by FFmpeg (PyAV)."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import av

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.av_versions import to_fraction
from samtracker.video.colors import RgbConverter
from samtracker.video.container import NO_PIPE, open_container
from samtracker.video.frame_source import Candidate, FrameSource
from samtracker.video.orientation import display_matrix, is_turned, upright
from samtracker.video.packet_index import KeyPacket, PacketIndex
from samtracker.video.streams import choose_stream
from samtracker.video.timeline import MAX_GAP, Timeline
from samtracker.video.transport_stream import ends_within_packet

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.stream import Stream
    from av.video.frame import VideoFrame as Picture
    from av.video.stream import VideoStream

    Packets = Iterator[Packet[VideoStream]]

# Containers round their durations; a file that ends this many seconds early was cut off.
END_TOLERANCE = 0.5
RAW_FPS = Fraction(25)  # of a raw stream that does not tell
TS_DISCONT = 0x0200  # AVFMT_TS_DISCONT

HELD: Final = 96 * 2**20
"""Bytes of pictures that are held to be given backward; with few, more are decoded again."""

PROBED: Final = 16
"""Frames that are decoded to see whether they come in the order of their times."""

FEW_KEYS: Final = 1000
"""Frames from one keyframe to the next from which on reading backward takes long."""


class FileSource(FrameSource):
    """A video file, pipe or URL. See `FrameSource`.

    Args:
        location: A path, or a URL such as rtsp://host/stream.
        stream: Number of the video stream, see `choose_stream`.

    Attributes:
        in_segments: Whether it comes some seconds at a time (HLS).

    Raises:
        ConfigError: There is no stream of this number.
        VideoError: It cannot be opened, or has no video that can be decoded.
    """

    def __init__(self, location: Path | str, stream: int | None = None) -> None:
        self.name = f"'{location}'"
        self._piped = isinstance(location, Path) and not location.is_file()
        self.path = location if isinstance(location, Path) and not self._piped else None
        self._container = open_container(location)
        try:
            number = choose_stream(self._container, self.name, stream)
        except BaseException:
            self._container.close()
            raise
        self._stream = self._container.streams.video[number]
        self.in_segments = self._container.format.name == "hls"
        self._zero = self._stream.start_time
        self._convert = RgbConverter()
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else None
        # Joined files start their clocks anew: the last time in such a file says nothing.
        self._steady = not self._container.format.flags & TS_DISCONT
        self._timeline = Timeline(
            to_fraction(self._stream.time_base),
            1 / (to_fraction(rate) or RAW_FPS),
            None if self._steady else MAX_GAP,
        )
        duration = _duration(self._container, self._stream)
        self.frames = self._stream.frames or None
        if self.frames is None and duration and self.fps:
            self.frames = round(duration * self.fps)
        self.duration = duration if self._steady or self.in_segments or self.path is None else None
        self.is_live = self.path is None and not self._piped and duration is None
        self.repeatable = not self.is_live and not self._piped
        self.sample_aspect_ratio = to_fraction(self._stream.sample_aspect_ratio) or Fraction(1)
        self._stored_aspect = self.sample_aspect_ratio
        streams = self._container.streams
        self.video_stream = number if len(streams.video) > 1 else None
        self._index: PacketIndex | None = None
        self._notes: tuple[str, ...] = ()
        if self.video_stream is not None and stream is None:
            self._notes += (_choice(self._stream, number, len(streams.video), self.name),)
        if self._piped and streams.audio:
            self._notes += (f"the audio of {self.name} is left out: a pipe can be read only once",)
        self.unreadable = 0
        self.truncated = False

    @property
    def notes(self) -> tuple[str, ...]:
        """See `FrameSource`."""
        if not self._timeline.jumped:
            return self._notes
        return (
            *self._notes,
            f"the time stamps of {self.name} jump: frames behind a jump follow at the usual "
            "distance",
        )

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield the frames as they are shown, from the last keyframe before `start` seconds on."""
        packets = self._packets()
        earlier, needed = self._skip(packets, start) if start else ([], [])
        index: int | None = None
        decoded_at: int | None = None
        jumped = False
        for packet in chain(needed, packets, [None]):
            if index is None and packet is not None:
                jumped = jumped or self._jumps(decoded_at, packet)
                decoded_at = packet.dts
                earlier += [] if jumped else _shown(packet)
            try:
                pictures = self._stream.decode(packet)
            except av.FFmpegError:
                self.unreadable += 1
                continue
            for picture in pictures:
                ticks = _ticks(picture)
                if index is None:
                    index = 0 if ticks is None else sum(other < ticks for other in earlier)
                yield Candidate(
                    name=f"frame {index} of {self.name}",
                    index=index,
                    time=self._timeline.next(None if ticks is None else ticks - (self._zero or 0)),
                    load=partial(self._load, picture),
                )
                index += 1
        if index is None and self._piped:
            raise VideoError(f"{self.name} {NO_PIPE}")

    def times(self) -> Sequence[float]:
        """See `FrameSource`; all packets are read, and none is decoded."""
        if self.path is None:
            return super().times()
        ticks, keys, steady = array("q"), [], True
        decoded_at: int | None = None
        for packet in self._packets():
            steady = steady and not self._jumps(decoded_at, packet) and _ticks(packet) is not None
            decoded_at = packet.dts
            shown = _shown(packet)
            ticks.extend(shown)
            if packet.is_keyframe and shown:
                keys.append(KeyPacket(ticks=shown[0], dts=packet.dts))
        index = PacketIndex(
            ticks, keys, to_fraction(self._stream.time_base), None if self._steady else MAX_GAP
        )
        if not (steady and keys and index.is_steady):
            raise self._unordered()
        self._decode(index, range(min(PROBED, len(index.ticks)))[::-1])
        if index.longest > FEW_KEYS:
            self._notes += (
                f"{self.name} has {index.longest} frames from one keyframe to the next: reading it "
                "backward takes long, and less with a copy, as `ffmpeg -g 100` makes one",
            )
        self._index = index
        return array("d", map(self._time, index.ticks))

    def backward(self, numbers: Sequence[int]) -> Iterator[Candidate]:
        """See `FrameSource`; each run is decoded from the keyframe before it."""
        assert self._index is not None, "times() has been called"
        size = max(self._stream.width * self._stream.height * 3 // 2, 1)
        for run in self._index.runs(numbers, max(HELD // size, 4)):
            pictures = self._decode(self._index, run)
            while pictures:
                number, picture = pictures.pop()  # held no longer than needed
                yield Candidate(
                    name=f"frame {number} of {self.name}",
                    index=number,
                    time=self._time(self._index.ticks[number]),
                    load=partial(self._load, picture),
                )

    def close(self) -> None:
        """Close the file or connection."""
        self._container.close()

    def _time(self, ticks: int) -> float:
        return float((ticks - (self._zero or 0)) * to_fraction(self._stream.time_base))

    def _unordered(self) -> VideoError:
        return VideoError(
            f"{self.name} cannot be read backward, for its time stamps jump or are missing: give a "
            "copy, as `ffmpeg -i FILE copy.mp4` makes one"
        )

    def _decode(self, index: PacketIndex, run: Sequence[int]) -> list[tuple[int, Picture]]:
        """Decode the frames with these numbers, which fall; they come as they are shown.

        Raises:
            VideoError: They come in another order than packets tell, as in an AVI with B-frames.
        """
        wanted = frozenset(run)
        last = index.ticks[run[0]]
        found: list[tuple[int, Picture]] = []
        before = -math.inf
        for packet in chain(self._from_key(index, run[-1]), [None]):
            try:
                pictures = self._stream.decode(packet)
            except av.FFmpegError:
                number = None if packet is None else index.number(_ticks(packet) or 0)
                self.unreadable += number in wanted
                continue
            for picture in pictures:
                ticks = _ticks(picture)
                number = None if ticks is None else index.number(ticks)
                if ticks is None or ticks <= before:
                    raise self._unordered()
                before = ticks
                if number is not None and number in wanted:
                    found.append((number, picture))
                if ticks >= last:
                    return found
        return found

    def _from_key(self, index: PacketIndex, number: int) -> Packets:
        """Yield the packets from the keyframe on that leads to a frame.

        Raises:
            VideoError: It is not found again.
        """
        for key in index.ways(number):
            place = key.ticks if key.dts is None else key.dts
            self._container.seek(place, stream=self._stream)
            packets = (packet for packet in self._container.demux(self._stream) if packet.size)
            for packet in packets:
                if (_ticks(packet), packet.dts) == (key.ticks, key.dts):
                    yield packet
                    try:
                        yield from packets
                    except av.FFmpegError:
                        return  # as when it was read forward, whose `truncated` tells
                    return
                if packet.dts is not None and key.dts is not None and packet.dts > key.dts:
                    break
        raise VideoError(f"{self.name} cannot be read backward: give a copy in an MP4 file")

    def _packets(self) -> Packets:
        """Yield the packets of the video; at their end `truncated` is known.

        All streams are read, for the audio may well be longer than the video.
        """
        container = self._container
        end = 0.0
        damaged = False
        try:
            for packet in container.demux():
                ticks = _ticks(packet)
                if ticks is not None:
                    end = max(end, float((ticks + (packet.duration or 0)) * packet.time_base))
                # An empty packet would end the decoding; `candidates` does so itself.
                if packet.stream_index == self._stream.index and packet.size:
                    damaged = packet.is_corrupt
                    if self._zero is None:
                        self._zero = ticks
                    yield cast("Packet[VideoStream]", packet)
        except av.FFmpegError:
            damaged = True
        missing = ((container.duration or 0) + (container.start_time or 0)) / av.time_base - end
        cut = self.path is not None and ends_within_packet(self.path, container.format.name)
        self.truncated = damaged or cut or missing > END_TOLERANCE

    def _skip(self, packets: Packets, start: float) -> tuple[list[int], list[Packet[VideoStream]]]:
        """Read on to `start` without decoding, and not past a jump of the clock.

        Returns:
            The times of the frames before the last keyframe up to `start`, in ticks of the
            stream, and the packets read from that keyframe on.
        """
        earlier: list[int] = []
        needed: list[Packet[VideoStream]] = []
        decoded_at: int | None = None
        for packet in packets:
            ticks = _ticks(packet)
            late = ticks is None or self._seconds(ticks) > start or self._jumps(decoded_at, packet)
            decoded_at = packet.dts
            if packet.is_keyframe and not late:
                for other in needed:
                    earlier += _shown(other)
                needed.clear()
            needed.append(packet)
            if late:
                break
        return earlier, needed

    def _jumps(self, before: int | None, packet: Packet[VideoStream]) -> bool:
        """Return whether the clock jumps between two packets, the first decoded at `before`."""
        if before is None or packet.dts is None:
            return False
        gap = float((packet.dts - before) * packet.time_base)
        return gap < 0 or (not self._steady and gap > MAX_GAP)

    def _seconds(self, ticks: int) -> float:
        return float((ticks - (self._zero or 0)) * (self._stream.time_base or 0))

    def _load(self, picture: Picture) -> Frame:
        if picture.is_corrupt:
            raise VideoError(f"a frame of {self.name} is damaged")
        try:
            image = self._convert(picture)
        except av.FFmpegError as error:
            raise VideoError(
                f"a frame of {self.name} cannot be converted to RGB ({error.strerror})"
            ) from error
        matrix = display_matrix(picture)
        aspect = self._stored_aspect
        self.sample_aspect_ratio = 1 / aspect if is_turned(matrix) else aspect
        return upright(image, matrix)


def _choice(stream: VideoStream, number: int, count: int, name: str) -> str:
    """Say which of several video streams is read."""
    return (
        f"{name} has {count} video streams: number {number} is read, with "
        f"{stream.width}x{stream.height} pixels; choose another one with stream=..."
    )


def _duration(container: InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _ticks(item: Packet[Stream] | Packet[VideoStream] | Picture) -> int | None:
    return item.dts if item.pts is None else item.pts


def _shown(packet: Packet[VideoStream]) -> list[int]:
    """Return the time of the packet's frame in a list; none where an edit list hides it."""
    ticks = _ticks(packet)
    return [] if ticks is None or packet.is_discard else [ticks]
