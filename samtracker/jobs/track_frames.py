"""The loop of a job: step, note, have it written, from the first frame to the last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from samtracker.errors import SamTrackerError
from samtracker.jobs.journal_writer import JournalWriter
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.scene_cuts import SceneCut, SceneCuts
from samtracker.jobs.write_behind import WriteBehind
from samtracker.results.sinks import Sinks
from samtracker.results.tally import Tally
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How the loop ended.

    Attributes:
        tally: What was counted.
        interrupted: Whether the user stopped it.
        failure: The error that ended it early; None if none did.
        cuts: Cuts to another scene that it met.
    """

    tally: Tally
    interrupted: bool = False
    failure: SamTrackerError | None = None
    cuts: Sequence[SceneCut] = ()

    @property
    def is_early(self) -> bool:
        """Whether there would have been more to track."""
        return self.interrupted or self.failure is not None


def track_frames(
    tracker: Tracker,
    frames: Iterable[VideoFrame],
    done: Iterable[tuple[VideoFrame, FrameResult]],
    journal: JournalWriter,
    sinks: Sinks,
    *,
    later: LaterPrompts | None = None,
    cuts: SceneCuts,
    on_tracked: Callable[[VideoFrame, FrameResult], bool],
) -> Ending:
    """Track to the end of a source and finish the files; what was tracked is kept.

    Files are written by a thread of their own, so that the next frame is tracked meanwhile; all
    else, `on_tracked` included, happens in the thread that calls.

    Args:
        tracker: Tracker with a stream in which some frames have results already.
        frames: The frames after them.
        done: Those frames and their results; of a new stream, the first one.
        journal: Gets every frame before the files do, so that these can be written again.
        sinks: Files for every frame, these included.
        later: Starts and corrects objects in later frames; None for none.
        cuts: Finds cuts to another scene, which may end the job.
        on_tracked: Called once a frame is tracked; False stops the job as Ctrl-C does.
    """
    try:
        with sinks:
            known = _known(done, later, cuts)
            steps = _steps(tracker, frames, later, cuts)
            ending = _track(chain(known, steps), journal, sinks, on_tracked=on_tracked)
            ending = replace(ending, cuts=cuts.found)
    except SamTrackerError as error:  # `_track` raises none: a file could not be finished
        return replace(ending, failure=ending.failure or error)
    return ending


def _track(
    tracked: Iterable[tuple[VideoFrame, FrameResult, float | None]],
    journal: JournalWriter,
    sinks: Sinks,
    *,
    on_tracked: Callable[[VideoFrame, FrameResult], bool],
) -> Ending:
    tally = Tally()
    try:
        with WriteBehind(sinks, tally) as writer:
            for frame, result, seconds in tracked:
                journal.write(frame, result)
                writer.write(frame, result, seconds)
                if not on_tracked(frame, result):
                    journal.checkpoint()
                    return Ending(tally=tally, interrupted=True)
        return Ending(tally=tally)
    except KeyboardInterrupt:
        return Ending(tally=tally, interrupted=True)
    except SamTrackerError as error:
        return Ending(tally=tally, failure=error)


def _known(
    done: Iterable[tuple[VideoFrame, FrameResult]], later: LaterPrompts | None, cuts: SceneCuts
) -> Iterator[tuple[VideoFrame, FrameResult, None]]:
    """Yield the frames that have their results."""
    for frame, result in done:
        if later is not None:
            later.note(frame, result)
        cuts.note(frame)
        yield frame, result, None


def _steps(
    tracker: Tracker, frames: Iterable[VideoFrame], later: LaterPrompts | None, cuts: SceneCuts
) -> Iterator[tuple[VideoFrame, FrameResult, float]]:
    """Yield the frames to come, their results and the seconds that each step took."""
    for frame, cut in cuts.watch(frames):
        absent = () if later is None else later.absent(frame.index, frame.time)
        begin = time.perf_counter()
        result = tracker.step(frame.image, frame.time, absent=absent, cut=cut is not None)
        seconds = time.perf_counter() - begin
        if later is not None:
            result = later.apply(tracker, frame, result)
        yield frame, result, seconds
