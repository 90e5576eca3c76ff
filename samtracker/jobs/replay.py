"""Replaying a log: what was done to a tracker is done again and compared."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from samtracker.checkpoints.origin import network_of
from samtracker.config import TrackerConfig
from samtracker.errors import FrameError, ReplayError, SamTrackerError, VideoError
from samtracker.files import DAMAGE
from samtracker.jobs.threads import torch_threads
from samtracker.tracker import Tracker
from samtracker.tracking.log import FORMAT, digest, outline, unpacked
from samtracker.types import Frame, FrameResult
from samtracker.video.read import VideoReader, read_frames

CALLS = frozenset(
    ("init", "step", "add_object", "correct", "remove_object", "rename", "undo", "resize")
)
"""Methods of a tracker that a log may call."""

LONGEST_HEADER = 2**20
"""Bytes that the first line of a log may have."""

LONGEST_LINE = 2**28
"""Bytes that every other line may have."""


@dataclass(frozen=True, kw_only=True)
class ReplayedCall:
    """A call that was made again.

    Attributes:
        name: Name of the method.
        index: Index of its frame in the stream; None where it has no result.
        difference: What differs from the log, in words; None if nothing does.
    """

    name: str
    index: int | None
    difference: str | None


@dataclass(frozen=True, kw_only=True)
class Replay:
    """A log that was read.

    Attributes:
        header: Its first line.
        calls: The others.
        name: Path of the file, for messages.
        cut_off: Whether a last line was left out.
    """

    header: dict[str, Any]
    calls: tuple[dict[str, Any], ...]
    name: str
    cut_off: bool

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a log; a last line that was cut off is left out.

        Raises:
            ReplayError: It does not exist, is no log, is damaged or has no calls.
        """
        calls: list[dict[str, Any]] = []
        cut_off = False
        try:
            with path.open("rb") as file:
                header = _header(path, file.readline(LONGEST_HEADER))
                with _damage(path):
                    for line in iter(partial(file.readline, LONGEST_LINE), b""):
                        cut_off = not line.endswith(b"\n")
                        if cut_off and len(line) == LONGEST_LINE:
                            raise ValueError(f"a line of more than {LONGEST_LINE >> 20} MiB")
                        if not cut_off:
                            calls.append(_call(line))
        except OSError as error:
            raise ReplayError(f"'{path}' cannot be read ({error.strerror})") from error
        if not calls:
            raise ReplayError(f"'{path}' has no calls in it: give a log of something that was done")
        return cls(header=header, calls=tuple(calls), name=str(path), cut_off=cut_off)

    def run(
        self,
        *,
        source: str | None = None,
        stream: int | None = None,
        weights: str | None = None,
        device: str | None = None,
    ) -> Generator[ReplayedCall, None, None]:
        """Make the calls again, one after the other, up to the first one that differs.

        torch computes with as many threads as it did then until the iterator is closed.

        Args:
            source: Source of the frames, see `read_frames`; None for where they came from. Frames
                in between that are not in the log are left out.
            stream: Number of the video stream, see `read_frames`.
            weights: Where the weights lie now; None for where they were.
            device: Where the network runs, see `Tracker`; None for where it ran.

        Raises:
            ReplayError: The log is damaged, or there is no source.
            WeightsError: The weights are missing or are others.
            VideoError: The source cannot be read.
        """
        header = self.header
        with _damage(self.name):
            config = TrackerConfig(**header["config"])
            keys = ("weights", "sha256", "device", "precision", "backend", "source")
            where = {key: str(header[key]) for key in keys}
            threads = int(header["threads"])
        network = network_of(self.name, where["weights"], where["sha256"], weights)
        device = device or where["device"]
        tracker = Tracker(
            network,
            config,
            device=device,
            precision=where["precision"],
            backend=where["backend"],
        )
        given = source or where["source"]
        if not given:
            raise ReplayError(f"'{self.name}' does not say where its frames are: give source=...")
        with _damage(self.name):
            opened = _Frames(given, stream)
        with opened as frames, torch_threads(threads):
            for call in self.calls:
                with _damage(self.name):
                    done = _again(tracker, frames, call)
                yield done
                if done.difference is not None:
                    return


class _Frames:
    """The frames of a source by their hashes; nearly always the next one is wanted.

    Args:
        source: See `read_frames`.
        stream: See `read_frames`.
    """

    def __init__(self, source: str, stream: int | None) -> None:
        self.source = source
        self._stream = stream
        self._reader: VideoReader = read_frames(source, stream=stream)
        self._hash = ""
        self._image: Frame | None = None
        if not self._reader.repeatable:
            self._reader.close()
            raise VideoError(
                f"'{source}' is live or a pipe and does not come again: give a recording with "
                "source=..."
            )

    def find(self, wanted: str) -> Frame | None:
        """Return the frame with this hash, looked for onwards and then from the start."""
        for again in (False, True):
            if self._hash == wanted:
                return self._image
            if again:
                self._reader.close()
                self._reader = read_frames(self.source, stream=self._stream)
            for frame in self._reader:
                self._hash, self._image = digest(frame.image), frame.image
                if self._hash == wanted:
                    return self._image
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()


def _header(path: Path, line: bytes) -> dict[str, Any]:
    """Read the first line of a log.

    Raises:
        ReplayError: It is that of something else.
    """
    try:
        header: dict[str, Any] = json.loads(line)
        ours = header["format"] == FORMAT and line.endswith(b"\n")
    except DAMAGE:
        ours = False
    if not ours:
        raise ReplayError(f"'{path}' is no log of this version: give a file of log=...")
    return header


def _call(line: bytes) -> dict[str, Any]:
    """Read a line of a log, but the first."""
    call: dict[str, Any] = json.loads(line)
    if call["call"] not in CALLS:
        raise ValueError("an unknown call")
    return call


def _again(tracker: Tracker, frames: _Frames, call: dict[str, Any]) -> ReplayedCall:
    """Make a call again."""
    name, index = call["call"], call.get("index")
    arguments = {key: unpacked(value) for key, value in call["arguments"].items()}
    if "frame" in call:
        image = frames.find(call["frame"])
        if image is None:
            lost = f"no frame of '{frames.source}' is the one in the log"
            return ReplayedCall(name=name, index=index, difference=lost)
        arguments["frame"] = image
    try:
        result = getattr(tracker, name)(**arguments)
    except FrameError as error:  # the frame is the one in the log, and was no error then
        raise ValueError(str(error)) from error
    except SamTrackerError as error:
        return ReplayedCall(name=name, index=index, difference=f"it failed: {error}")
    difference = None
    if isinstance(result, FrameResult):
        difference = _difference(call, outline(result))
    return ReplayedCall(name=name, index=index, difference=difference)


def _difference(logged: dict[str, Any], now: dict[str, Any]) -> str | None:
    """Return in words what differs most plainly; None if nothing does."""
    then, found = ({item["id"]: item for item in line["objects"]} for line in (logged, now))
    if then.keys() != found.keys():
        return f"objects {sorted(found)}, in the log {sorted(then)}"
    for number, item in found.items():
        for what in ("area", "state", "score"):
            if item[what] != then[number][what]:
                return f"object {number}: {what} {item[what]}, in the log {then[number][what]}"
    if logged["masks"] != now["masks"]:
        return "other pixels in the masks, as many as in the log"
    return None


@contextmanager
def _damage(name: str | Path) -> Iterator[None]:
    """Make an error of ours of whatever a log that somebody changed may bring about."""
    try:
        yield
    except DAMAGE as error:
        raise ReplayError(f"'{name}' is damaged ({error!r}): give it as it was written") from error
