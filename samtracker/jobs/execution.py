"""What a new job and one that goes on have in common: track, write, sum up."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass, replace

from samtracker.errors import OutputError, SamTrackerError, VideoError
from samtracker.files import write_text
from samtracker.jobs.journal_writer import JournalWriter
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.progress import JobStart, OnFrame, OnStart, Progress, expected_frames
from samtracker.jobs.read_ahead import ReadAhead
from samtracker.jobs.record import JobRecord
from samtracker.jobs.scene_cuts import OnCut, SceneCuts
from samtracker.jobs.summary import Summary, summarize
from samtracker.jobs.track_frames import Ending, track_frames
from samtracker.prompts.prompts import prompt_method
from samtracker.results.names import SUMMARY
from samtracker.results.output_folder import OutputFolder
from samtracker.results.sinks import Sinks
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import ReadState, VideoFrame, VideoReader


@dataclass(frozen=True, kw_only=True)
class Watcher:
    """Who is told how far a job is.

    Attributes:
        on_start: Called once, before anything is written; None for nobody.
        on_frame: Called after every frame, stops the job with False; None for nobody.
        on_cut: Asked at cuts to another scene, see `TrackJob.run`; None for nobody.
    """

    on_start: OnStart | None
    on_frame: OnFrame | None
    on_cut: OnCut | None = None

    def start(self, start: JobStart) -> None:
        """Tell of a job that begins or goes on."""
        if self.on_start is not None:
            self.on_start(start)

    def wants_more(self, progress: Progress) -> bool:
        """Tell of a frame; return False where the job is to stop."""
        return self.on_frame is None or self.on_frame(progress) is not False


@dataclass(frozen=True, kw_only=True)
class Execution:
    """What was done, and what went wrong.

    Attributes:
        summary: See `Outcome`.
        failure: See `Outcome`.
        unsaved: Why the job could not be written down, so that it can go on; None if it could.
    """

    summary: Summary
    failure: SamTrackerError | None
    unsaved: SamTrackerError | None


def execute(  # noqa: PLR0917
    record: JobRecord,
    tracker: Tracker,
    reader: VideoReader,
    done: Iterable[tuple[VideoFrame, FrameResult]],
    folder: OutputFolder,
    watcher: Watcher,
    *,
    restored: int = 0,
    later: LaterPrompts | None = None,
) -> Execution:
    """Track the frames that are left, and write these and those that are done.

    Args:
        record: What is to be done.
        tracker: See `track_frames`.
        reader: Source of the frames.
        done: See `track_frames`.
        folder: Folder for the results; its `ended_early` is set.
        watcher: Who is told how far it is.
        restored: Number of frames of an interrupted job in `done`.
        later: Starts and corrects objects in later frames; None for none.

    Returns:
        What was done, and what went wrong.

    Raises:
        SamTrackerError: The job ended before it had caught up with the one that it goes on with.
        KeyboardInterrupt: It was stopped before that.
    """
    assert tracker.result is not None, "its stream has begun"
    total = expected_frames(reader, record.selection())
    watcher.start(
        JobStart(result=tracker.result, origins=record.origins, restored=restored, total=total)
    )
    with (
        ReadAhead(reader) as frames,
        closing(JournalWriter(folder.partial, record, tracker)) as journal,
    ):

        def on_tracked(frame: VideoFrame, result: FrameResult) -> bool:
            return watcher.wants_more(Progress(frame=frame, result=result, total=total))

        sinks = Sinks(record.save, folder.partial, reader, record.stride)
        cuts = SceneCuts(record.scene_cuts, watcher.on_cut)
        ending = track_frames(
            tracker, frames, done, journal, sinks, later=later, cuts=cuts, on_tracked=on_tracked
        )
    origins = _origins(record, ending, tracker, later)
    if ending.is_early and folder.is_behind:
        raise ending.failure or KeyboardInterrupt
    execution = conclude(
        replace(record, origins=origins), tracker, reader, frames.state, ending, folder
    )
    return replace(execution, unsaved=journal.failure)


def conclude(  # noqa: PLR0917
    record: JobRecord,
    tracker: Tracker,
    reader: VideoReader,
    read: ReadState,
    ending: Ending,
    folder: OutputFolder,
) -> Execution:
    """Sum up a job, also in its folder.

    Args:
        record: What was done, with the origins of all objects.
        tracker: The tracker.
        reader: Source of the frames.
        read: What was found while it was read.
        ending: How it ended.
        folder: Folder with the results; its `ended_early` is set.
    """

    def summed_up() -> Summary:
        return summarize(tracker, reader.info, read, ending, record)

    summary = summed_up()
    try:
        write_text(folder.partial / SUMMARY, summary.to_json())
    except OutputError as error:
        ending = replace(ending, failure=ending.failure or error)
        summary = summed_up()
    folder.ended_early = ending.is_early
    failure = ending.failure or (_cut_off(reader) if read.truncated else None)
    return Execution(summary=summary, failure=failure, unsaved=None)


def _origins(
    record: JobRecord, ending: Ending, tracker: Tracker, later: LaterPrompts | None
) -> dict[int, str]:
    """Return what the first masks were made from, by object id; say what was left out."""
    if later is None:
        return record.origins
    if not ending.is_early:
        later.finish()
    method = prompt_method(tracker.runtime)
    fresh = [number for number in ending.tally.objects if number not in record.origins]
    return record.origins | {number: later.origin(number, method) for number in fresh}


def _cut_off(reader: VideoReader) -> VideoError | None:
    """Return what tells of a source that ended before it should have."""
    try:
        reader.check_complete()
    except VideoError as error:
        return error
    return None
