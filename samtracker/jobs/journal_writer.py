"""Writing down a job while it runs, so that it can go on if it is interrupted."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from samtracker.errors import OutputError, SamTrackerError
from samtracker.files import writing
from samtracker.jobs.journal import to_line
from samtracker.jobs.record import JobRecord
from samtracker.jobs.scene_cuts import SceneCut
from samtracker.results.names import (
    BACKWARD_JOURNAL,
    BACKWARD_TRACKER,
    JOB,
    JOURNAL,
    RESUME,
    TRACKER,
)
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame

INTERVAL = 15.0
"""Least time between two checkpoints of the tracker, in seconds."""

SHARE = 0.02
"""Largest share of the time that checkpoints may take, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class JournalNames:
    """Names of the two files that change in the folder `resume`.

    Attributes:
        journal: Results of all frames.
        tracker: The tracker.
    """

    journal: str
    tracker: str


FORWARD: Final = JournalNames(journal=JOURNAL, tracker=TRACKER)
BACKWARD: Final = JournalNames(journal=BACKWARD_JOURNAL, tracker=BACKWARD_TRACKER)


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
        names: Names of the files.

    Attributes:
        failure: Why the first thing that could not be written down could not; None if all could.
    """

    failure: SamTrackerError | None = None

    def __init__(
        self, folder: Path, record: JobRecord, tracker: Tracker, names: JournalNames = FORWARD
    ) -> None:
        self._folder = folder / RESUME
        self._names = names
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
                path = self._folder / names.journal
                self._journal = path.open("w", encoding="ascii", newline="\n")
        except OutputError as error:
            self._fail(error)

    @property
    def is_open(self) -> bool:
        """Whether frames are written down."""
        return self._journal is not None

    def take_over(self, former: Path) -> None:
        """Write what an earlier journal says of the frames that the tracker knows.

        Args:
            former: The earlier folder `resume`.
        """
        if self._journal is None or self._tracker.result is None:
            return
        last = self._tracker.result.index
        try:
            with (
                writing(self._folder / self._names.journal),
                (former / self._names.journal).open(encoding="ascii") as lines,
            ):
                self._journal.writelines(islice(lines, last + 1))
                self._journal.flush()
        except OutputError as error:
            self._fail(error)
        self._written = last
        self.checkpoint()

    def write(
        self,
        frame: VideoFrame,
        result: FrameResult,
        *,
        prompted: Collection[int] = (),
        absent: Collection[int] = (),
        cut: SceneCut | None = None,
    ) -> None:
        """Write a frame's result, before it is written anywhere else.

        Args:
            frame: The frame.
            result: What was found in it.
            prompted: See `to_line`.
            absent: See `to_line`.
            cut: See `to_line`.
        """
        self._write_line(to_line(frame, result, prompted, absent, cut))
        if self._journal is None:
            return
        self._written = result.index
        if time.monotonic() >= self._due:
            self.checkpoint()

    def write_end(self, cut: SceneCut) -> None:
        """Write that a pass has stopped at a cut, behind its last frame."""
        self._write_line(json.dumps({"cut": asdict(cut)}))

    def checkpoint(self) -> None:
        """Save the tracker, after everything that it may not be ahead of."""
        now = self._tracker.result
        # Of frames that have their results from an earlier journal, the tracker is ahead.
        if self._journal is None or now is None or now.index != self._written:
            return
        begin = time.monotonic()
        try:
            with writing(self._folder / self._names.journal):
                os.fsync(self._journal.fileno())
            self._tracker.save(self._folder / self._names.tracker)
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

    def _write_line(self, line: str) -> None:
        if self._journal is None:
            return
        try:
            with writing(self._folder / self._names.journal):
                self._journal.write(line + "\n")
                self._journal.flush()
        except OutputError as error:
            self._fail(error)

    def _fail(self, error: OutputError) -> None:
        self.failure = self.failure or error
        self.close()
