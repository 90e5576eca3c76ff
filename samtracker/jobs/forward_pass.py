"""The pass of a job from its first prompt to the end of the source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from samtracker.jobs.first_frame import first_frame
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.given_prompts import save_given
from samtracker.jobs.journal_writer import FORWARD
from samtracker.jobs.pass_prompts import NoMorePrompts
from samtracker.jobs.progress import OnObject, expected_frames
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.tracking_pass import TrackingPass, last_result
from samtracker.prompts.prompts import prompt_method
from samtracker.tracker import Tracker
from samtracker.video.read import VideoReader


class ForwardPass(TrackingPass):
    """Carries out prompts as their frames come. See `TrackingPass`."""

    names = FORWARD
    stage = "forward"

    def begin(
        self,
        prompts: FirstPrompts,
        later: PromptSchedule | None,
        make: Callable[[], Tracker],
        on_object: OnObject | None,
    ) -> None:
        """Track from the first frame in which anything is pointed at.

        Args:
            prompts: What to track.
            later: What its file says; None without one.
            make: Builds the tracker, or returns one whose stream ends.
            on_object: See `TrackJob.run`.

        Raises:
            SamTrackerError: The source cannot be read or tracked, or a prompt does not fit.
            KeyboardInterrupt: Somebody stopped it.
        """
        with self.record.open_source() as reader:
            frame = first_frame(
                reader,
                partial(prompts.begin_in, later=later),
                check=None if later is None else later.check,
                source=self.record.source,
                selection=self.record.selection(),
            )
            objects = prompts.read_objects(reader.info.size, frame.source or self.record.source)
            tracker = make()
            result, origins = prompts.start(tracker, frame, objects, on_object, later)
            save_given(self.record.save, self.folder, prompts, tracker, frame, objects, later)
            self.record = replace(self.record, origins=origins)
            total = self._total(reader, frame.time)
            self.tell_start(result, total)
            given = NoMorePrompts(tracker.object_ids) if later is None else later
            self.run(tracker, reader, given, total, first=frame)
        self._end(tracker, later)

    def go_on(self, tracker: Tracker, former: Path, later: PromptSchedule | None) -> None:
        """Track on from where a tracker was saved.

        Args:
            tracker: The tracker.
            former: The earlier folder `resume`.
            later: What the file of prompts says; None without one.

        Raises:
            VideoError: The source is not what it was.
            OutputError: The journal is damaged.
            SamTrackerError: See `begin`.
            KeyboardInterrupt: See `begin`.
        """
        last = last_result(tracker)
        assert last.timestamp is not None, "frames of a source have times"
        with self.record.open_source(start=last.timestamp) as reader:
            given = later or NoMorePrompts()
            for number, time in self.known(former, last, next(reader, None)):
                given.pass_over(number, time)
            total = self._total(reader, last.timestamp)
            total = None if total is None else total + last.index
            self.tell_start(last, total, restored=last.index + 1)
            self.run(tracker, reader, given, total, former=former)
        self._end(tracker, later)

    def _total(self, reader: VideoReader, start: float) -> int | None:
        return expected_frames(reader, self.record.selection(start=start))

    def _end(self, tracker: Tracker, later: PromptSchedule | None) -> None:
        """Say what was left out, and note what the objects that started later are made from."""
        if later is None:
            return
        later.finish()
        origins = later.origins(prompt_method(tracker.runtime))
        self.record = replace(self.record, origins=origins)
