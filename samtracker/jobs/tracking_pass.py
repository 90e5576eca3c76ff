"""One pass over a source, noted frame by frame."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, ClassVar

from samtracker.jobs.execution import Watcher
from samtracker.jobs.journal import check_same, noted_lines
from samtracker.jobs.journal_writer import JournalNames, JournalWriter
from samtracker.jobs.pass_prompts import PassPrompts
from samtracker.jobs.progress import JobStart, Progress
from samtracker.jobs.read_ahead import ReadAhead
from samtracker.jobs.record import JobRecord
from samtracker.jobs.scene_cuts import SceneCut, SceneCuts
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame, VideoReader


class TrackingPass:
    """One pass over a source: what it finds goes to a journal, with the tracker now and then.

    Args:
        record: What the job is to do.
        folder: Folder of its results.
        watcher: Who is told how far it is.

    Attributes:
        folder: The same.
        record: The same; its origins are known once objects have started.
        names: Names of the journal and of the tracker's file.
        stage: See `Progress`.
        seconds: Time of each step, see `Tally`.
    """

    names: ClassVar[JournalNames]
    stage: ClassVar[str]

    def __init__(self, record: JobRecord, folder: Path, watcher: Watcher) -> None:
        self.record = record
        self.seconds: list[float] = []
        self.folder = folder
        self._watcher = watcher
        self._cuts = SceneCuts(record.scene_cuts, watcher.on_cut)

    def tell_start(self, result: FrameResult, total: int | None, *, restored: int = 0) -> None:
        """Tell the watcher that the pass begins or goes on."""
        origins = self.record.origins
        self._watcher.start(
            JobStart(result=result, origins=origins, restored=restored, total=total)
        )

    def known(
        self, former: Path, last: FrameResult, frame: VideoFrame | None
    ) -> Iterator[tuple[int, float]]:
        """Yield numbers and times of the frames that have results, up to the last one.

        Args:
            former: Earlier folder `resume`.
            last: Result of the last one.
            frame: That frame, read again; None where the source has ended.

        Raises:
            VideoError: It is not what it was.
            OutputError: The journal is damaged.
        """
        line: dict[str, Any] = {}
        for line in noted_lines(former / self.names.journal, last.index + 1):
            yield int(line["frame"]), float(line["timestamp"])
        check_same(frame, line, last.size, self.record.source)
        assert frame is not None, "that is checked"
        self._cuts.note(frame)

    def run(
        self,
        tracker: Tracker,
        reader: VideoReader,
        prompts: PassPrompts,
        total: int | None,
        *,
        first: VideoFrame | None = None,
        former: Path | None = None,
    ) -> None:
        """Track to the end of the source.

        Args:
            tracker: Tracker with a stream.
            reader: The frames after those that have their results.
            prompts: What is to be done in them.
            total: Number of frames there will be; None if that is unknown.
            first: The first frame, where the stream has just begun.
            former: Earlier folder `resume`, with the journal of the frames that the tracker knows,
                where it goes on.

        Raises:
            SamTrackerError: A frame cannot be read, tracked or noted.
            KeyboardInterrupt: Somebody stopped it.
        """
        with (
            ReadAhead(reader) as frames,
            closing(JournalWriter(self.folder, self.record, tracker, self.names)) as journal,
        ):

            def note(
                frame: VideoFrame,
                result: FrameResult,
                absent: Collection[int] = (),
                cut: SceneCut | None = None,
            ) -> None:
                result = prompts.to_results(result)
                journal.write(frame, result, prompted=prompts.prompted, absent=absent, cut=cut)
                if not journal.is_open:
                    assert journal.failure is not None, "else it is open"
                    raise journal.failure
                progress = Progress(frame=frame, result=result, total=total, stage=self.stage)
                if not self._watcher.wants_more(progress):
                    raise KeyboardInterrupt

            try:
                if former is not None:
                    journal.take_over(former)
                if first is not None:
                    self._cuts.note(first)
                    note(first, last_result(tracker))
                for frame, cut in self._cuts.watch(frames):
                    absent = prompts.absent(frame.index, frame.time)
                    begin = time.perf_counter()
                    result = tracker.step(
                        frame.image, frame.time, absent=absent, cut=cut is not None
                    )
                    self.seconds.append(time.perf_counter() - begin)
                    note(frame, prompts.apply(tracker, frame, result), absent, cut)
                if self._cuts.found and self._cuts.found[-1].stopped:
                    journal.write_end(self._cuts.found[-1])
            finally:
                journal.checkpoint()


def last_result(tracker: Tracker) -> FrameResult:
    """Return the result of the last frame of a tracker whose stream has begun."""
    assert tracker.result is not None, "its stream has begun"
    return tracker.result
