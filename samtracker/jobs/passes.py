"""The passes of a job over its source: forward, backward, or one after the other."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from samtracker.files import writing
from samtracker.jobs.backward_pass import BackwardPass
from samtracker.jobs.backward_prompts import BackwardPrompts
from samtracker.jobs.execution import Watcher
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.forward_pass import ForwardPass
from samtracker.jobs.joined_results import JoinedResults
from samtracker.jobs.journal_writer import BACKWARD, FORWARD
from samtracker.jobs.pass_results import PassResults
from samtracker.jobs.progress import OnObject
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.record import JobRecord
from samtracker.jobs.tracking_pass import last_result
from samtracker.results.names import RESUME
from samtracker.tracker import Tracker
from samtracker.types import Size
from samtracker.video.read import VideoReader


class Passes:
    """The passes of a job; what they find goes to the folder `resume`, and nowhere else.

    Forward, prompts are carried out as they come. Backward after that, the masks that they gave
    are the prompts, so that both directions agree on them.

    Args:
        record: What is to be done.
        folder: Folder of the results.
        watcher: Who is told how far it is.

    Attributes:
        watcher: The same.
        tracker: The tracker, once there is one.
    """

    tracker: Tracker | None = None

    def __init__(self, record: JobRecord, folder: Path, watcher: Watcher) -> None:
        self.watcher = watcher
        self._direction = record.direction
        self._resume = folder / RESUME
        self._forward = ForwardPass(record, folder, watcher)
        self._backward = BackwardPass(record, folder, watcher)

    @property
    def record(self) -> JobRecord:
        """What is done, with the origins of all objects that have started."""
        return (self._backward if self._direction == "backward" else self._forward).record

    @property
    def seconds(self) -> list[float]:
        """Time of each step of the tracker."""
        return self._forward.seconds + self._backward.seconds

    def track(
        self,
        prompts: FirstPrompts,
        make: Tracker | Callable[[], Tracker],
        on_object: OnObject | None = None,
    ) -> None:
        """Make all passes.

        Args:
            prompts: What to track.
            make: The tracker, or what builds it, see `TrackJob.run`.
            on_object: See `TrackJob.run`.

        Raises:
            SamTrackerError: The source cannot be read, or not backward, or a prompt does not fit.
            KeyboardInterrupt: Somebody stopped it.
        """
        later = prompts.read_later()
        assert later is None or isinstance(later, PromptSchedule), "jobs refuse others"

        def build() -> Tracker:
            self.tracker = make() if callable(make) else make
            return self.tracker

        if self._direction == "backward":
            self._backward.begin(prompts, later, build, on_object)
            return
        if self._direction == "both":
            self._backward.check(later)  # nobody waits for a pass to hear that
        self._forward.begin(prompts, later, build, on_object)
        assert self.tracker is not None, "it has tracked"
        self._back(self.tracker)

    def go_on(self, tracker: Tracker, former: Path, later: PromptSchedule | None) -> None:
        """Make what is left of the passes.

        Args:
            tracker: Tracker as it was saved in the last pass that had begun.
            former: The earlier folder `resume`.
            later: What the file of prompts says; None without one.

        Raises:
            VideoError: The source has changed, or cannot be read.
            OutputError: A journal is damaged.
            SamTrackerError: See `track`.
            KeyboardInterrupt: See `track`.
        """
        self.tracker = tracker
        if self._direction == "backward":
            self._backward.go_on(tracker, former, later)
        elif not (former / BACKWARD.tracker).is_file():
            self._forward.go_on(tracker, former, later)
            self._back(tracker)
        else:
            with writing(self._resume):
                self._resume.mkdir(exist_ok=True)
                shutil.copyfile(former / FORWARD.journal, self._resume / FORWARD.journal)
            with self._found(FORWARD.journal, last_result(tracker).size) as forward:
                self._backward.go_on(tracker, former, BackwardPrompts.of(forward))

    def read(self) -> VideoReader:
        """Open the source, to write what was found in it."""
        return self.record.open_source()

    @contextmanager
    def results(self, size: Size) -> Iterator[PassResults | JoinedResults]:
        """Open what the passes found, as one.

        Args:
            size: (H, W) of the frames.

        Raises:
            OutputError: A journal is damaged.
        """
        if self._direction != "both":
            names = FORWARD if self._direction == "forward" else BACKWARD
            with self._found(names.journal, size) as found:
                yield found
            return
        with (
            self._found(FORWARD.journal, size) as forward,
            self._found(BACKWARD.journal, size) as backward,
        ):
            yield JoinedResults(forward, backward)

    def _back(self, tracker: Tracker) -> None:
        """Go back from the last prompt of the forward pass, if that is asked for."""
        if self._direction == "both":
            with self._found(FORWARD.journal, last_result(tracker).size) as forward:
                self._backward.record = self._forward.record
                self._backward.begin_again(tracker, forward)

    def _found(self, journal: str, size: Size) -> PassResults:
        return PassResults(self._resume / journal, size)
