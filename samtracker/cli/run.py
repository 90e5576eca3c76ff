"""One job on the command line: track, show how far it is, save, say how it ended."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.log import check_log, keeping_log
from samtracker.cli.model import build_tracker
from samtracker.cli.progress import Progress
from samtracker.errors import VideoError
from samtracker.files import write_text
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.recorder import Recorder
from samtracker.jobs.resume import Job, lasting
from samtracker.jobs.run import FirstPrompts, Sinks, track
from samtracker.jobs.summary import summarise
from samtracker.live.window import Window
from samtracker.results.output_folder import SUMMARY, OutputFolder, is_resumable
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame, VideoReader, read_frames


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants.

    Attributes:
        source: see `read_frames`; likewise `start`, `end` and `stride`.
        prompts: what to track.
        model: encoder and weights, None where they are not given, and the other arguments of
            `Tracker.from_pretrained`.
        output: folder for the results.
        save: of `FORMATS`.
        show: whether to open a window.
        overwrite: whether an earlier `output` and `log` are replaced.
        log: file for `samtrack replay`.
    """

    source: str
    prompts: FirstPrompts
    model: dict[str, Any]
    output: Path
    save: tuple[str, ...]
    show: bool
    overwrite: bool
    start: float = 0.0
    end: float | None = None
    stride: int = 1
    log: Path | None = None


def run(request: Request) -> None:
    """Track and save; the summary goes to standard output, everything else to standard error.

    Raises:
        SamTrackerError: nothing was tracked, or the job ended early. In the second case what was
            tracked is in the output folder, and the message says so.
        SystemExit: with 130 after Ctrl-C; what was tracked is in the output folder.
    """
    check_log(request.log, overwrite=request.overwrite, output=request.output)
    with (
        Interruption() as interruption,
        OutputFolder(request.output, overwrite=request.overwrite) as folder,
        read_frames(
            request.source, start=request.start, end=request.end, stride=request.stride
        ) as reader,
        Window("samtrack") if request.show else nullcontext() as window,
    ):
        masks = request.prompts.read_masks(reader.info.size)
        tracker = build_tracker(**request.model)
        with keeping_log(request.log, tracker, request.source):
            frame = _first_frame(request, reader)
            first, origins = request.prompts.start(tracker, frame, masks)
            for item in first.objects:
                pixels = int(item.mask.sum())
                click.echo(
                    f"object {item.id}: {pixels} pixels from the {origins[item.id]}", err=True
                )
            interruption.deferred = True
            job = Job(
                source=request.source,
                path=lasting(request.source),
                start=request.start,
                end=request.end,
                stride=request.stride,
                save=request.save,
                device=request.model["device"],
                origins=origins,
                overwrite=request.overwrite,
            )
            progress = Progress(job, reader, window, interruption)
            outcome = finish(job, tracker, reader, [(frame, first)], folder, progress)
    conclude(job, reader, outcome, folder, interruption)


def finish(  # noqa: PLR0917
    job: Job,
    tracker: Tracker,
    reader: VideoReader,
    done: Iterable[tuple[VideoFrame, FrameResult]],
    folder: OutputFolder,
    progress: Progress,
) -> Outcome:
    """Track the frames that are left, and save these and those that are done.

    Args:
        job: what is to be done.
        tracker: see `samtracker.jobs.run.track`; likewise `reader` and `done`.
        folder: for the results; `ended_early` is set.
        progress: is shown and closed.
    """
    # The recorder comes first, so that whatever a kill leaves is known to be of this job.
    with progress, closing(Recorder(folder.partial, job, tracker)) as recorder:
        sinks = Sinks(job.save, folder.partial, reader, job.stride)

        def on_frame(frame: VideoFrame, result: FrameResult) -> bool:
            goes_on = progress(frame, result)
            recorder.write(frame, result, last=not goes_on)
            return goes_on

        outcome = track(tracker, reader, done, sinks, on_frame)
    if outcome.ended_early and folder.is_behind:
        raise outcome.failure or KeyboardInterrupt
    summary = summarise(tracker, reader, outcome, job.origins, job.source).to_json()
    write_text(folder.partial / SUMMARY, summary)
    folder.ended_early = outcome.ended_early
    return outcome


def _first_frame(request: Request, reader: VideoReader) -> VideoFrame:
    frame = next(reader, None)
    if frame is None:
        end = "its end" if request.end is None else f"{request.end:g} s"
        raise VideoError(
            f"'{request.source}' has no frame from {request.start:g} s to {end}: "
            "give another --start or --end"
        )
    return frame


def conclude(
    job: Job,
    reader: VideoReader,
    outcome: Outcome,
    folder: OutputFolder,
    interruption: Interruption,
) -> None:
    """Print the summary, say where the results are and how the job ended; see `run`."""
    click.echo((folder.kept / SUMMARY).read_text("utf-8"), nl=False)
    count = outcome.tally.frames
    kept = f"{count} frame{'' if count == 1 else 's'} in {folder.kept}"
    if is_resumable(folder.kept):
        kept += f"; go on with: samtrack track --resume {shlex.quote(str(folder.path))}"
    if outcome.failure is not None:
        raise type(outcome.failure)(f"stopped early: {outcome.failure}; kept {kept}")
    if reader.truncated:
        raise VideoError(
            f"'{job.source}' is cut off or damaged at its end: kept all that can be read, {kept}"
        )
    how = "stopped: kept" if outcome.interrupted else "tracked"
    left_out = f", {reader.unreadable} damaged ones left out" if reader.unreadable else ""
    click.echo(f"{how} {kept}{left_out}", err=True)
    if outcome.interrupted and interruption.requested:
        raise SystemExit(EXIT_CODE)
