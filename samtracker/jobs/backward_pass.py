"""The pass of a job from its last prompt to the start of the source."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from samtracker.jobs.backward_prompts import BackwardPrompts
from samtracker.jobs.first_frame import first_frame
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.given_prompts import save_given
from samtracker.jobs.journal_writer import BACKWARD
from samtracker.jobs.pass_prompts import NoMorePrompts, PassPrompts
from samtracker.jobs.pass_results import PassResults
from samtracker.jobs.progress import OnObject
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.tracking_pass import TrackingPass, last_result
from samtracker.prompts.prompts import prompt_method
from samtracker.tracker import Tracker
from samtracker.video.read import VideoFrame, VideoReader


class BackwardPass(TrackingPass):
    """Takes the frames from the last to the first. See `TrackingPass`."""

    names = BACKWARD
    stage = "backward"

    def check(self, later: PromptSchedule | None) -> None:
        """Check what can be before anything is tracked.

        Args:
            later: What the file of prompts says; None without one.

        Raises:
            VideoError: The source cannot be read backward.
            PromptError: See `PromptSchedule.check`.
        """
        with self.record.open_source(backward=True) as reader:
            frame = next(reader, None)
            if later is not None and frame is not None:
                index, time = reader.places[0]
                later.check(replace(frame, index=index, time=time))

    def begin(
        self,
        prompts: FirstPrompts,
        later: PromptSchedule | None,
        make: Callable[[], Tracker],
        on_object: OnObject | None,
    ) -> None:
        """Track from the last frame in which anything is pointed at, without a pass before.

        Args:
            prompts: See `ForwardPass.begin`, likewise the others.
            later: What the file of prompts says.
            make: Builds the tracker.
            on_object: Called for every object that is ready.

        Raises:
            SamTrackerError: See `ForwardPass.begin`.
            KeyboardInterrupt: See `ForwardPass.begin`.
        """
        self.check(later)
        with self.record.open_source(backward=True) as reader:
            if later is None:
                found = (time for index, time in reader.places if prompts.is_reached(index, time))
                begin = next(found, None)
                frame = self._first(reader, lambda frame: frame.time == begin)
                objects = prompts.read_objects(reader.info.size, frame.source or self.record.source)
                tracker = make()
                result, origins = prompts.start(tracker, frame, objects, on_object)
                given: PassPrompts = NoMorePrompts(tracker.object_ids)
            else:
                given = BackwardPrompts(later.backward(reader.places), later.absent)
                later.finish()
                frame = self._first(reader, given.has)
                objects, tracker = None, make()
                result = given.start(tracker, frame)
                origins = later.origins(prompt_method(tracker.runtime))
            save_given(self.record.save, self.folder, prompts, tracker, frame, objects, later)
            self.record = replace(self.record, origins=origins)
            total = _count(reader, frame)
            self.tell_start(given.to_results(result), total)
            self.run(tracker, reader, given, total, first=frame)

    def begin_again(self, tracker: Tracker, forward: PassResults) -> None:
        """Track from the last prompt on, with the masks that a forward pass had at the prompts.

        Args:
            tracker: Tracker whose stream ends.
            forward: What that pass found.

        Raises:
            SamTrackerError: See `ForwardPass.begin`.
            KeyboardInterrupt: See `ForwardPass.begin`.
        """
        given = BackwardPrompts.of(forward)
        with self.record.open_source(backward=True) as reader:
            frame = self._first(reader, given.has)
            given.start(tracker, frame)
            self.run(tracker, reader, given, _count(reader, frame), first=frame)

    def go_on(
        self, tracker: Tracker, former: Path, given: PromptSchedule | BackwardPrompts | None
    ) -> None:
        """Track on from where a tracker was saved.

        Args:
            tracker: The tracker.
            former: The earlier folder `resume`.
            given: The prompts, or what their file says; None for none but the first.

        Raises:
            VideoError: The source is not what it was.
            OutputError: The journal is damaged.
            SamTrackerError: See `ForwardPass.begin`.
            KeyboardInterrupt: See `ForwardPass.begin`.
        """
        last = last_result(tracker)
        assert last.timestamp is not None, "frames of a source have times"
        if isinstance(given, PromptSchedule):
            with self.record.open_source(backward=True) as reader:
                given = BackwardPrompts(given.backward(reader.places), given.absent)
        prompts = given or NoMorePrompts()
        with self.record.open_source(
            end=math.nextafter(last.timestamp, math.inf), backward=True
        ) as reader:
            for number, time in self.known(former, last, next(reader, None)):
                prompts.pass_over(number, time)
            total = last.index + len(reader.places)
            self.tell_start(prompts.to_results(last), total, restored=last.index + 1)
            self.run(tracker, reader, prompts, total, former=former)

    def _first(self, reader: VideoReader, begins: Callable[[VideoFrame], bool]) -> VideoFrame:
        record = self.record
        return first_frame(reader, begins, source=record.source, selection=record.selection())


def _count(reader: VideoReader, last: VideoFrame) -> int:
    """Return how many frames there are from the first one to another."""
    return sum(time <= last.time for _, time in reader.places)
