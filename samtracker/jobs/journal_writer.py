"""Writing down a job while it runs, so that it can go on if it is interrupted."""

from __future__ import annotations

import math
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from samtracker.errors import OutputError, SamTrackerError
from samtracker.files import writing
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
    The first frame is written down before there is any result, so that whatever a kill leaves can
    be gone on from.

    Args:
        folder: Folder of the results.
        record: What is done; of a camera or URL nothing is written down, for it cannot be read
            again.
        tracker: The tracker that does it, saved now and then.

    Attributes:
        failure: Why the first thing that could not be written down could not; None if all could.
    """

    failure: SamTrackerError | None = None

    def __init__(self, folder: Path, record: JobRecord, tracker: Tracker) -> None:
        self._folder = folder / RESUME
        self._tracker = tracker
        self._due = -math.inf
        self._written: int | None = None
        self._journal: TextIO | None = None
        if record.path is None:
            return
        try:
            with writing(self._folder):
                self._folder.mkdir(exist_ok=True)  # the job's command line may be there
                with (self._folder / JOB).open("w", encoding="utf-8") as file:
                    file.write(record.to_json() + "\n")
                    file.flush()
                    os.fsync(file.fileno())
                self._journal = (self._folder / JOURNAL).open("w", encoding="ascii", newline="\n")
        except OutputError as error:
            self._fail(error)

    def write(self, frame: VideoFrame, result: FrameResult) -> None:
        """Write a frame's result, before it is written anywhere else.

        Args:
            frame: The frame.
            result: What was found in it.
        """
        if self._journal is None:
            return
        try:
            with writing(self._folder / JOURNAL):
                self._journal.write(to_line(frame, result) + "\n")
                self._journal.flush()
        except OutputError as error:
            self._fail(error)
            return
        self._written = result.index
        if time.monotonic() >= self._due:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Save the tracker, after everything that it may not be ahead of."""
        now = self._tracker.result
        # Of frames that have their results from an earlier journal, the tracker is ahead.
        if self._journal is None or now is None or now.index != self._written:
            return
        begin = time.monotonic()
        try:
            with writing(self._folder / JOURNAL):
                os.fsync(self._journal.fileno())
            self._tracker.save(self._folder / TRACKER)
        except SamTrackerError as error:  # an older one, if there is any, still holds
            self.failure = self.failure or error
        end = time.monotonic()
        self._due = end + max(INTERVAL, (end - begin) / SHARE)

    def close(self) -> None:
        """Write nothing more."""
        if self._journal is not None:
            journal, self._journal = self._journal, None
            with suppress(OSError):
                journal.close()

    def _fail(self, error: OutputError) -> None:
        self.failure = self.failure or error
        self.close()
