"""Going on with a job that was interrupted."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from samtracker.cli.interruption import Interruption
from samtracker.cli.progress import Progress
from samtracker.cli.run import conclude, finish
from samtracker.cli.threads import torch_threads
from samtracker.jobs.journal import replay
from samtracker.jobs.resume import Job, find, load
from samtracker.live.window import Window
from samtracker.results.output_folder import RESUME, TRACKER, OutputFolder
from samtracker.tracking.save import threads_of
from samtracker.video.read import read_frames


def resume(path: Path, *, show: bool, weights: str | None, device: str | None) -> None:
    """Go on with the job in a folder as if it had never been interrupted; see `run`.

    Args:
        path: of the folder.
        show: whether to open a window.
        weights: where the job's weights lie now; None for where they were.
        device: where the network runs from now on; None for where it ran.

    Raises:
        SamTrackerError: as of `run`; or there is nothing to go on with, or the source has changed,
            and nothing has happened.
        SystemExit: as of `run`.
    """
    output, place = find(path)
    job = Job.read(place)
    job = replace(job, device=device or job.device)
    tracker = load(place, job.device, weights)
    assert job.path is not None, "others are not recorded"
    assert tracker.result is not None, "it has been loaded"
    with (
        torch_threads(threads_of(place / RESUME / TRACKER)),
        Interruption() as interruption,
        read_frames(Path(job.path), start=job.start, end=job.end, stride=job.stride) as reader,
        OutputFolder(output, overwrite=job.overwrite, resumed=place) as folder,
        Window("samtrack") if show else nullcontext() as window,
    ):
        assert folder.former is not None, "it is the one given"
        interruption.deferred = True
        done = replay(folder.former, tracker, reader, job.source)
        count = tracker.result.index + 1
        job = replace(job, overwrite=job.overwrite or place == output)
        progress = Progress(job, reader, window, interruption, done=count)
        outcome = finish(job, tracker, reader, done, folder, progress)
    conclude(job, reader, outcome, folder, interruption)
