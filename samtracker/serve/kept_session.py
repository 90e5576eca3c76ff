"""The files of a session from which it comes back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from samtracker.errors import VideoError, WeightsError
from samtracker.files import writing
from samtracker.serve.clip import Clip
from samtracker.serve.snapshot import Snapshot
from samtracker.serve.stream_states import PassStates
from samtracker.serve.timeline import History
from samtracker.serve.timeline_file import read_timeline, write_timeline
from samtracker.tracker import Tracker

KEPT: Final = "session.npz"
"""What was done, and in which video."""

STATES: Final = "states"
"""Trackers at some frames of the video, while the session is put away."""

STREAMS: Final = ("live", "watched")
"""Streams whose trackers lie beside that, while the session is put away."""


class KeptSession:
    """The files in a session's folder from which it comes back.

    Args:
        folder: The folder.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved: tuple[Snapshot, Clip | None, bool] | None = None

    def save(self, history: History, clip: Clip | None) -> float:
        """Write what was done, if that is not what was written last.

        Returns:
            How many seconds that took.

        Raises:
            OutputError: The disk is full.
        """
        begin = time.monotonic()
        complete = clip is not None and clip.complete
        if self._saved is not None:
            now, saved_clip, was_complete = self._saved
            if now is history.now and saved_clip is clip and was_complete == complete:
                return 0.0
        facts: dict[str, Any] = {}
        if clip is not None:
            own = clip.path.is_relative_to(self._folder)
            facts = {
                "path": clip.path.name if own else str(clip.path.resolve()),
                "pictures": clip.pictures.name,
                "clip": clip.to_json(),
            }
        write_timeline(self._folder / KEPT, history, facts)
        self._saved = history.now, clip, complete
        return time.monotonic() - begin

    def load(self, videos: Path | None) -> tuple[History, Clip | None]:
        """Read what `save` wrote.

        Args:
            videos: Folder whose videos may be opened beside those in this folder; None for none.

        Raises:
            SamTrackerError: It is damaged, or the video is gone.
        """
        history, facts = read_timeline(self._folder / KEPT)
        if not facts:
            return history, None
        path = self._folder / facts["path"]  # an absolute path stays as it is
        places = [self._folder] if videos is None else [self._folder, videos]
        if not any(path.resolve().is_relative_to(place.resolve()) for place in places):
            raise VideoError("the video is not in the folder any more: open another one")
        return history, Clip.from_json(facts["clip"], path, self._folder / facts["pictures"])

    def save_trackers(self, states: PassStates, streams: Mapping[str, Tracker]) -> None:
        """Write the trackers, so that nothing is to be tracked again.

        Args:
            states: Those of the video.
            streams: Those of `STREAMS`.

        Raises:
            OutputError: The disk is full.
        """
        folder = self._folder / STATES
        shutil.rmtree(folder, ignore_errors=True)
        with writing(folder):
            folder.mkdir()
        try:
            states.save(folder)
            for name, tracker in streams.items():
                if tracker.result is not None:
                    tracker.save(self._stream(name))
        except WeightsError:  # the network is in no file
            shutil.rmtree(folder)

    def load_trackers(self, states: PassStates, tracker: Tracker) -> dict[str, Tracker]:
        """Read the trackers once: what is changed afterwards they do not know.

        Args:
            states: Takes those of the video.
            tracker: A tracker without a stream, with the network and settings that all have.

        Returns:
            Those of `STREAMS`; without a stream where there is none. Where weights or settings are
            others by now there are no trackers at all.
        """
        folder = self._folder / STATES
        try:
            states.load(folder)
            return {name: self._load_stream(name, tracker) for name in STREAMS}
        except WeightsError:
            return {name: tracker.fork() for name in STREAMS}
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            for name in STREAMS:
                self._stream(name).unlink(missing_ok=True)

    def _load_stream(self, name: str, tracker: Tracker) -> Tracker:
        path = self._stream(name)
        return tracker.fork(path) if path.is_file() else tracker.fork()

    def _stream(self, name: str) -> Path:
        return self._folder / f"{name}.safetensors"
