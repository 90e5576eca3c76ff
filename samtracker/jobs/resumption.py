"""Going on with a job that was interrupted."""

from __future__ import annotations

import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

from samtracker.errors import PromptError, WeightsError
from samtracker.files import writing
from samtracker.jobs.execution import Execution, Watcher, execute
from samtracker.jobs.execution_of_passes import execute_passes
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.interrupted import find_interrupted
from samtracker.jobs.journal import restored_frames
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.passes import Passes
from samtracker.jobs.progress import OnFrame, OnStart
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.jobs.record import JobRecord
from samtracker.jobs.scene_cuts import OnCut, check_asked
from samtracker.jobs.threads import torch_threads
from samtracker.results.names import BACKWARD_TRACKER, FILES, RESUME, TRACKER
from samtracker.results.output_folder import OutputFolder
from samtracker.tracker import Tracker
from samtracker.tracking.save import load_tracker


def resume(
    folder: Path,
    *,
    weights: str | Path | None = None,
    device: str | None = None,
    on_start: OnStart | None = None,
    on_frame: OnFrame | None = None,
    on_cut: OnCut | None = None,
) -> Outcome:
    """Go on with the job in a folder as if it had never been interrupted, to the same results.

    Args:
        folder: Output folder of the job, with `.partial` at its end or without.
        weights: Where the job's weights lie now; None for where they were.
        device: Where the network runs from now on, see `Tracker`; None for where it ran.
        on_start: See `TrackJob.run`.
        on_frame: See `TrackJob.run`; frames that had been tracked come as well.
        on_cut: See `TrackJob.run`.

    Returns:
        How it ended, see `TrackJob.run`.

    Raises:
        ConfigError: The job asks at cuts, and there is nobody.
        OutputError: There is nothing to go on with, the job is still running, or what it left is
            damaged or of another version.
        WeightsError: The weights are missing or are others.
        VideoError: The source is missing or has changed.
        PromptError: The file of detections or prompts is missing, damaged or not what it was.
        SamTrackerError: The job failed before it was as far as it had been. In all these cases the
            folder is as it was.
        KeyboardInterrupt: The job was stopped before it was as far; the folder is as it was.
    """
    output, place = find_interrupted(folder)
    record = JobRecord.read(place)
    record = replace(record, device=device or record.device)
    check_asked(record.scene_cuts, on_cut)
    path = place / RESUME / BACKWARD_TRACKER  # the later pass, where there are two
    path = path if path.is_file() else place / RESUME / TRACKER
    saved = load_tracker(path, weights)
    tracker = Tracker.restore(saved, device=record.device)
    if tracker.result is None:
        raise WeightsError(f"'{path}' has no stream in it: track again with overwrite=True")
    later = _read_later(record)
    watcher = Watcher(on_start=on_start, on_frame=on_frame, on_cut=on_cut)
    with (
        torch_threads(saved.threads),
        OutputFolder(
            output, overwrite=record.overwrite, resumed=place, inputs=(record.path,)
        ) as target,
    ):
        assert target.former is not None, "it is the one given"
        record = replace(record, overwrite=record.overwrite or place == output)
        _keep_prompts(target.former, target.partial)
        if record.direction == "forward":
            execution = _at_once(record, tracker, target, watcher, later)
        else:
            assert later is None or isinstance(later, PromptSchedule), "jobs refuse others"
            passes = Passes(record, target.partial, watcher)
            go_on = partial(passes.go_on, tracker, target.former / RESUME, later)
            execution = execute_passes(passes, go_on, target)
    return Outcome.of(target, execution)


def _at_once(
    record: JobRecord,
    tracker: Tracker,
    folder: OutputFolder,
    watcher: Watcher,
    later: LaterPrompts | None,
) -> Execution:
    """Go on forward, and write each frame at once."""
    assert tracker.result is not None, "it is saved with a stream"
    assert folder.former is not None, "it goes on from there"
    with record.open_source() as reader:
        return execute(
            record,
            tracker,
            reader,
            restored_frames(folder.former, tracker.result, reader, record.source),
            folder,
            watcher,
            restored=tracker.result.index + 1,
            later=later,
        )


def _keep_prompts(former: Path, folder: Path) -> None:
    """Copy the prompts that the job was given, if they were saved."""
    path = folder / FILES["prompts"]
    if (former / path.name).is_file():
        with writing(path):
            shutil.copyfile(former / path.name, path)


def _read_later(record: JobRecord) -> LaterPrompts | None:
    """Read the file of detections or prompts, if it is still what it was."""
    path = record.prompts or record.detections
    if path is None:
        return None
    given = FirstPrompts(
        detections=None if record.detections is None else Path(record.detections),
        prompts_file=None if record.prompts is None else Path(record.prompts),
    )
    later = given.read_later()
    if record.digest not in (None, given.digest()):
        raise PromptError(
            f"'{path}' has changed since the job was interrupted, or a mask that it names: put the "
            "old one back, or track again with overwrite=True"
        )
    return later
