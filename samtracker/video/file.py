"""A video file or URL as a source of frames, read by FFmpeg (PyAV)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, cast

import av
import numpy as np
from av.stream import Disposition
from av.video.reformatter import Colorspace, VideoReformatter

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.frame_source import Candidate, FrameSource

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.sidedata.sidedata import SideData
    from av.stream import Stream
    from av.video.frame import VideoFrame as Picture
    from av.video.stream import VideoStream

    Packets = Iterator[Packet[VideoStream]]

URL_TIMEOUT = 15.0  # seconds
# Containers round their durations; a file that ends this many seconds early was cut off.
END_TOLERANCE = 0.5
RAW_FPS = 25.0  # of a raw stream that does not tell
HD_HEIGHT = 720
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED


class FileSource(FrameSource):
    """A video file or URL. See `FrameSource`.

    Args:
        location: A path, or a URL such as rtsp://host/stream.

    Raises:
        VideoError: It cannot be opened, or has no video that can be decoded.
    """

    def __init__(self, location: Path | str) -> None:
        self.path = location if isinstance(location, Path) else None
        self.name = f"'{location}'"
        self._container = _open(location, self.name)
        try:
            self._stream = _video_stream(self._container, self.name)
        except VideoError:
            self._container.close()
            raise
        self._zero = self._stream.start_time
        self._reformatter = VideoReformatter()
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else None
        self.duration = _duration(self._container, self._stream)
        self.frames = self._stream.frames or None
        if self.frames is None and self.duration and self.fps:
            self.frames = round(self.duration * self.fps)
        self.unreadable = 0
        self.truncated = False

    def candidates(self, start: float) -> Iterator[Candidate]:
        """Yield the frames as they are shown, from the last keyframe before `start` seconds on."""
        packets = self._packets()
        earlier, needed = self._skip(packets, start) if start else ([], [])
        index: int | None = None
        for packet in chain(needed, packets, [None]):
            if index is None and packet is not None:
                earlier += _shown(packet)
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
                    time=index / (self.fps or RAW_FPS) if ticks is None else self._seconds(ticks),
                    load=partial(self._load, picture),
                )
                index += 1

    def close(self) -> None:
        """Close the file or connection."""
        self._container.close()

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
        self.truncated = damaged or missing > END_TOLERANCE

    def _skip(self, packets: Packets, start: float) -> tuple[list[int], list[Packet[VideoStream]]]:
        """Read on to `start` without decoding.

        Returns:
            The times of the frames before the last keyframe up to `start`, in ticks of the
            stream, and the packets read from that keyframe on.
        """
        earlier: list[int] = []
        needed: list[Packet[VideoStream]] = []
        for packet in packets:
            ticks = _ticks(packet)
            late = ticks is None or self._seconds(ticks) > start
            if packet.is_keyframe and not late:
                for other in needed:
                    earlier += _shown(other)
                needed.clear()
            needed.append(packet)
            if late:
                break
        return earlier, needed

    def _seconds(self, ticks: int) -> float:
        return float((ticks - (self._zero or 0)) * (self._stream.time_base or 0))

    def _load(self, picture: Picture) -> Frame:
        if picture.is_corrupt:
            raise VideoError(f"a frame of {self.name} is damaged")
        # Players take HD video without a tag for BT.709; FFmpeg would take BT.601.
        guess = picture.colorspace == UNSPECIFIED and picture.height >= HD_HEIGHT
        rgb = self._reformatter.reformat(
            picture, format="rgb24", src_colorspace=Colorspace.ITU709 if guess else None
        )
        image: Frame = rgb.to_ndarray().astype(np.uint8, copy=False)
        return _upright(image, picture)


def _open(location: Path | str, name: str) -> InputContainer:
    local = isinstance(location, Path)
    try:
        return av.open(
            # Without the protocol, FFmpeg takes the name 12:30.mp4 for a URL.
            f"file:{location}" if local else str(location),
            metadata_errors="ignore",
            timeout=None if local else URL_TIMEOUT,
        )
    except av.FFmpegError as error:
        if not local:
            raise VideoError(
                f"{name} cannot be opened ({error.strerror}): check the address and the network"
            ) from error
        raise VideoError(f"{name} {_diagnosis(Path(location), error)}") from error


def _diagnosis(path: Path, error: av.FFmpegError) -> str:
    """Say why FFmpeg could not open a file, and what to do."""
    if not isinstance(error, av.error.InvalidDataError):
        return f"cannot be read: {error.strerror}"
    with path.open("rb") as file:
        head = file.read(8)
    if not head:
        return "is empty (0 bytes): record, copy or download it again"
    if head[4:] == b"ftyp":  # the first box of every MP4 and QuickTime file
        return (
            "is damaged or incomplete, its index (moov) is missing: "
            "record, copy or download it again"
        )
    return "is not a video that can be read, or is damaged: give another file"


def _video_stream(container: InputContainer, name: str) -> VideoStream:
    covers = Disposition.attached_pic
    streams = [item for item in container.streams.video if not item.disposition & covers]
    if not streams or container.format.name == "tty":  # tty: FFmpeg draws text files as video
        raise VideoError(f"{name} has no video in it: give a video file")
    if streams[0].codec_context is None:
        raise VideoError(f"{name} has a video codec that cannot be decoded: convert it to H.264")
    return streams[0]


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


def _upright(image: Frame, picture: Picture) -> Frame:
    """Turn and flip the image as the display matrix of the picture says.

    The matrix (a b u, c d v, x y w) maps a pixel (p, q) to (ap + cq + x, bp + dq + y);
    libavutil/display.h. Only quarter turns and flips are applied.
    """
    data = picture.side_data.get("DISPLAYMATRIX")
    if data is None:
        return image
    (a, b, _), (c, d, _), _ = (
        np.frombuffer(bytes(cast("SideData", data)), np.int32).reshape(3, 3).tolist()
    )
    across, down = (a, d)
    if abs(b) > abs(a):
        image = image.swapaxes(0, 1)
        across, down = (c, b)
    return np.ascontiguousarray(image[:: -1 if down < 0 else 1, :: -1 if across < 0 else 1])
