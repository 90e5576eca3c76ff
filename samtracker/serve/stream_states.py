"""Trackers kept at some frames of a clip, so that tracking can go on from near any of them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Final

from samtracker.serve.snapshot import Snapshot
from samtracker.serve.tracked_pass import STEPS, WAYS, Way
from samtracker.tracker import Tracker

MOST: Final = 8
"""Trackers that are kept; each has the features of a frame and the memories of its objects."""


class StreamStates:
    """Trackers that have come to a frame, and have not been given its prompts yet.

    They lie evenly: where there would be too many, every other one goes.

    Args:
        start: A tracker without a stream.
        way: Where the frames go.
    """

    def __init__(self, start: Tracker, way: Way) -> None:
        self._start = start
        self._sign = STEPS[way]
        self._kept: dict[int, Tracker] = {}
        self._every = 4

    def keep(self, frame: int, tracker: Tracker) -> None:
        """Keep a tracker as it is now, if this is a frame for it."""
        if frame % self._every:
            return
        self._kept[frame] = tracker.fork()
        while len(self._kept) > MOST:
            self._every *= 2
            self._kept = {at: it for at, it in self._kept.items() if at % self._every == 0}

    def before(self, frame: int, first: int) -> tuple[int, Tracker]:
        """Return the last frame up to another one that a tracker has come to, and that tracker.

        Args:
            frame: Frame that is wanted.
            first: The first frame with a prompt, to which a tracker comes without a stream.
        """
        sign = self._sign
        between = range(first + sign, frame + sign, sign)
        at = max(self._kept.keys() & between, key=lambda at: sign * at, default=None)
        return (first, self._start.fork()) if at is None else (at, self._kept[at].fork())

    def save(self, folder: Path) -> None:
        """Write the trackers to a folder.

        Raises:
            OutputError: They cannot be written.
            WeightsError: The network does not come from a file.
        """
        folder.mkdir()
        for frame, tracker in self._kept.items():
            tracker.save(folder / f"{frame}.safetensors")

    def load(self, folder: Path) -> None:
        """Read the trackers that were written to a folder.

        Raises:
            WeightsError: One is damaged, or of other weights or settings.
        """
        found = {int(path.stem): path for path in folder.glob("*.safetensors")}
        self._kept = {frame: self._start.fork(found[frame]) for frame in sorted(found)}

    def drop_behind(self, frames: Collection[int]) -> None:
        """Forget what depends on the prompts of some frames."""
        begin = min(self._sign * frame for frame in frames)
        self._kept = {at: it for at, it in self._kept.items() if self._sign * at <= begin}


class PassStates(dict[Way, StreamStates]):
    """The trackers of both passes over a clip.

    Args:
        start: A tracker without a stream.
    """

    def __init__(self, start: Tracker) -> None:
        super().__init__({way: StreamStates(start, way) for way in WAYS["both"]})
        self._start = start

    def follow(self, before: Snapshot, after: Snapshot) -> None:
        """Forget what depends on a change."""
        kept = set(map(id, before.prompts)) & set(map(id, after.prompts))
        prompts = (*before.prompts, *after.prompts)
        frames = [prompt.frame for prompt in prompts if id(prompt) not in kept]
        if frames:
            for states in self.values():
                states.drop_behind(frames)
        if not after.starts_like(before):
            self["backward"] = StreamStates(self._start, "backward")

    def save(self, folder: Path) -> None:
        """Write them to a folder; see `StreamStates.save`."""
        for way, states in self.items():
            states.save(folder / way)

    def load(self, folder: Path) -> None:
        """Read what was written to a folder; see `StreamStates.load`."""
        for way, states in self.items():
            states.load(folder / way)
