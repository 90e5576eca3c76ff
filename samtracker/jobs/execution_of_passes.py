"""What a new job of several passes and one that goes on have in common: track, join, write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace

from samtracker.errors import SamTrackerError
from samtracker.jobs.execution import Execution, conclude
from samtracker.jobs.joined_results import JoinedResults
from samtracker.jobs.journal_writer import JournalWriter
from samtracker.jobs.pass_results import PassResults
from samtracker.jobs.passes import Passes
from samtracker.jobs.progress import Progress
from samtracker.jobs.read_ahead import ReadAhead
from samtracker.jobs.scene_cuts import SceneCuts
from samtracker.jobs.track_frames import Ending, track_frames
from samtracker.results.contents import is_resumable
from samtracker.results.output_folder import OutputFolder
from samtracker.results.sinks import Sinks
from samtracker.results.tally import Tally
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame, VideoReader


def execute_passes(passes: Passes, track: Callable[[], object], folder: OutputFolder) -> Execution:
    """Make the passes of a job, and write what they found in the order of the frames.

    Args:
        passes: The passes.
        track: Makes those that are left.
        folder: Folder for the results; its `ended_early` is set.

    Returns:
        What was done, and what went wrong.

    Raises:
        SamTrackerError: Nothing was tracked that could be kept.
        KeyboardInterrupt: It was stopped before there was anything.
    """
    try:
        track()
    except (SamTrackerError, KeyboardInterrupt) as error:
        if passes.tracker is None or not is_resumable(folder.partial):
            raise
        stopped = isinstance(error, KeyboardInterrupt)
        failure = error if isinstance(error, SamTrackerError) else None
        tally = Tally(seconds=passes.seconds)
        ending = Ending(tally=tally, interrupted=stopped, failure=failure)
        with passes.read() as reader:
            return conclude(passes.record, passes.tracker, reader, reader.state, ending, folder)
    assert passes.tracker is not None, "it has tracked"
    with passes.read() as reader, passes.results(reader.info.size) as results:
        return _write(passes, reader, results, folder)


def found_frames(
    frames: Iterator[VideoFrame], results: PassResults | JoinedResults
) -> Iterator[tuple[VideoFrame, FrameResult]]:
    """Yield the frames that have results, in their order, and these.

    Args:
        frames: All frames.
        results: What was found in some of them.

    Raises:
        SamTrackerError: A frame or a result cannot be read.
    """
    index = 0
    for frame in frames:
        result = results.at(frame.time)
        if result is not None:
            yield frame, replace(result, index=index)
            index += 1
        if frame.time >= results.times[-1]:
            return


def _write(
    passes: Passes,
    reader: VideoReader,
    results: PassResults | JoinedResults,
    folder: OutputFolder,
) -> Execution:
    record, tracker = passes.record, passes.tracker
    assert tracker is not None, "it has tracked"
    total = len(results.times)

    def on_written(frame: VideoFrame, result: FrameResult) -> bool:
        progress = Progress(frame=frame, result=result, total=total, stage="writing")
        return passes.watcher.wants_more(progress)

    nothing = replace(record, path=None)  # all is noted already
    with (
        ReadAhead(reader) as frames,
        closing(JournalWriter(folder.partial, nothing, tracker)) as journal,
    ):
        sinks = Sinks(record.save, folder.partial, reader, record.stride)
        done = found_frames(frames, results)
        none = SceneCuts("ignore", None)  # they are found already
        ending = track_frames(tracker, (), done, journal, sinks, cuts=none, on_tracked=on_written)
    ending.tally.seconds += passes.seconds
    ending = replace(ending, cuts=results.cuts)
    return conclude(record, tracker, reader, frames.state, ending, folder)
