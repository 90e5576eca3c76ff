"""Writing down a job while it runs, so that it can go on if it is interrupted."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from samtracker.errors import SamTrackerError
from samtracker.jobs.journal import to_line
from samtracker.jobs.record import JobRecord
from samtracker.results.names import JOB, JOURNAL, RESUME, TRACKER
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame

INTERVAL = 15.0
"""Least time between two checkpoints of the tracker, in seconds."""

SHARE = 0.02
"""Largest share of the time that checkpoints may take, 0 to 1."""


class JournalWriter:
    """Writes down a job as it goes on.

    It is no reason to end a job that this cannot be written: what was written before still holds.

    Args:
        folder: Folder of the results.
        record: What is done; of a camera or URL nothing is written down, for it cannot be read
            again.
        tracker: The tracker that does it, saved at its last frame and now and then.
    """

    def __init__(self, folder: Path, record: JobRecord, tracker: Tracker) -> None:
        self._folder = folder / RESUME
        self._tracker = tracker
        self._due = -math.inf
        self._journal: TextIO | None = None
        if record.path is None:
            return
        with suppress(OSError):
            self._folder.mkdir()
            with (self._folder / JOB).open("w", encoding="utf-8") as file:
                file.write(record.to_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
            self._journal = (self._folder / JOURNAL).open("w", encoding="ascii", newline="\n")

    def write(self, frame: VideoFrame, result: FrameResult, *, last: bool) -> None:
        """Write a frame's result.

        Args:
            frame: The frame.
            result: What was found in it.
            last: Whether the job stops here: the tracker is saved at once.
        """
        if self._journal is None:
            return
        try:
            self._journal.write(to_line(frame, result) + "\n")
            self._journal.flush()
            now = self._tracker.result
            # Of frames that have their results from the journal, the tracker is ahead.
            if now is not None and now.index == result.index and (last or self._is_due):
                self._checkpoint(self._journal)
        except OSError:
            self.close()

    def close(self) -> None:
        """Write nothing more."""
        if self._journal is not None:
            journal, self._journal = self._journal, None
            with suppress(OSError):
                journal.close()

    @property
    def _is_due(self) -> bool:
        return time.monotonic() >= self._due

    def _checkpoint(self, journal: TextIO) -> None:
        """Save the tracker, after everything that it may not be ahead of."""
        begin = time.monotonic()
        os.fsync(journal.fileno())
        with suppress(SamTrackerError):  # an older one is still there
            self._tracker.save(self._folder / TRACKER)
        end = time.monotonic()
        self._due = end + max(INTERVAL, (end - begin) / SHARE)
