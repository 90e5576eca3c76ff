"""Going on with a job that was interrupted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from samtracker.errors import WeightsError
from samtracker.jobs.arrivals import Arrivals
from samtracker.jobs.execution import Watcher, execute
from samtracker.jobs.interrupted import find_interrupted
from samtracker.jobs.journal import restored_frames
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.progress import OnFrame, OnStart
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.record import JobRecord
from samtracker.jobs.threads import torch_threads
from samtracker.prompts.detections import Detections
from samtracker.prompts.prompts_file import PromptsFile
from samtracker.results.names import RESUME, TRACKER
from samtracker.results.output_folder import OutputFolder
from samtracker.tracker import Tracker
from samtracker.tracking.save import load_tracker
from samtracker.video.read import read_frames


def resume(
    folder: Path,
    *,
    weights: str | Path | None = None,
    device: str | None = None,
    on_start: OnStart | None = None,
    on_frame: OnFrame | None = None,
) -> Outcome:
    """Go on with the job in a folder as if it had never been interrupted, to the same results.

    Args:
        folder: Output folder of the job, with `.partial` at its end or without.
        weights: Where the job's weights lie now; None for where they were.
        device: Where the network runs from now on, see `Tracker`; None for where it ran.
        on_start: See `TrackJob.run`.
        on_frame: See `TrackJob.run`; frames that had been tracked come as well.

    Returns:
        How it ended, see `TrackJob.run`.

    Raises:
        OutputError: There is nothing to go on with, the job is still running, or what it left is
            damaged or of another version.
        WeightsError: The weights are missing or are others.
        VideoError: The source is missing or has changed.
        PromptError: The file of detections or prompts is missing or damaged.
        SamTrackerError: The job failed before it was as far as it had been. In all these cases the
            folder is as it was.
        KeyboardInterrupt: The job was stopped before it was as far; the folder is as it was.
    """
    output, place = find_interrupted(folder)
    record = JobRecord.read(place)
    record = replace(record, device=device or record.device)
    path = place / RESUME / TRACKER
    saved = load_tracker(path, weights)
    tracker = Tracker.restore(saved, device=record.device)
    if tracker.result is None:
        raise WeightsError(f"'{path}' has no stream in it: track again with overwrite=True")
    assert record.path is not None, "others are not written down"
    later: LaterPrompts | None = None
    if record.detections is not None:
        later = Arrivals(Detections.read(Path(record.detections)))
    elif record.prompts is not None:
        later = PromptSchedule(PromptsFile.read(Path(record.prompts)))
    with (
        torch_threads(saved.threads),
        read_frames(
            Path(record.path),
            start=record.start,
            end=record.end,
            stride=record.stride,
            stream=record.stream,
        ) as reader,
        OutputFolder(
            output, overwrite=record.overwrite, resumed=place, inputs=(record.path,)
        ) as target,
    ):
        assert target.former is not None, "it is the one given"
        execution = execute(
            replace(record, overwrite=record.overwrite or place == output),
            tracker,
            reader,
            restored_frames(target.former, tracker.result, reader, record.source),
            target,
            Watcher(on_start=on_start, on_frame=on_frame),
            restored=tracker.result.index + 1,
            later=later,
        )
    return Outcome.of(target, execution)
