"""One video of a batch, as a worker tracks it: the job that `samtrack track` runs."""

from __future__ import annotations

import os
import socket
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from samtracker.config import DIRECTIONS, FORMATS, MASK_KINDS
from samtracker.errors import (
    ConfigError,
    OutputError,
    PromptError,
    SamTrackerError,
    warnings_to,
)
from samtracker.files import write_text
from samtracker.jobs.batch.row import BatchRow, Status
from samtracker.jobs.batch.storage import Store, fetch, is_staged
from samtracker.jobs.batch.thumbnail import Thumbnail
from samtracker.jobs.batch.video import BatchVideo
from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.interrupted import find_interrupted
from samtracker.jobs.job import TrackJob
from samtracker.jobs.outcome import Outcome
from samtracker.jobs.progress import Progress
from samtracker.jobs.resumption import resume
from samtracker.jobs.threads import torch_threads
from samtracker.prompts.prompts_file import PromptsFile
from samtracker.results.contents import remove_resume
from samtracker.results.names import SUMMARY
from samtracker.tracker import Tracker
from samtracker.video.pixel_limit import set_pixel_limit
from samtracker.video.selection import Selection

Report = Callable[[int, int | None], bool]
"""Called with how many frames are tracked, and how many there will be; False stops the job."""


@dataclass(frozen=True, kw_only=True)
class TrackOptions:
    """What all videos of a batch have in common; see `TrackJob` and `FirstPrompts`.

    Attributes:
        save: See `TrackJob`.
        start: See `TrackJob`.
        end: See `TrackJob`.
        stride: See `TrackJob`.
        direction: See `TrackJob`.
        mask_kind: See `FirstPrompts`.
        device: See `TrackJob`.

    Raises:
        ConfigError: There is no such format, direction or kind, or the range is none.
    """

    save: tuple[str, ...] = ("overlay", "masks")
    start: float = 0.0
    end: float | None = None
    stride: int = 1
    direction: str = "forward"
    mask_kind: str = "auto"
    device: str = "auto"

    def __post_init__(self) -> None:
        for name, value, known in (
            *(("save", value, FORMATS) for value in self.save),
            ("direction", self.direction, DIRECTIONS),
            ("mask_kind", self.mask_kind, MASK_KINDS),
        ):
            if value not in known:
                raise ConfigError(f"{name}={value!r} does not exist: use {', '.join(known)}")
        Selection(start=self.start, end=self.end, stride=self.stride)  # which checks them


@dataclass(frozen=True, kw_only=True)
class BatchTask:
    """A video to track, with all that a worker needs to know.

    Attributes:
        video: The video.
        row: What is known of it.
        output: Folder or URL of the batch.
        options: See `Batch`.
        make_tracker: See `Batch`.
        threads: See `Batch`.
        directory: Folder that relative paths are meant from.
        pixel_limit: Largest number of pixels of a picture.
    """

    video: BatchVideo
    row: BatchRow
    output: str
    options: TrackOptions
    make_tracker: Callable[[], Tracker]
    threads: int
    directory: Path
    pixel_limit: float


def track_video(task: BatchTask, report: Report) -> BatchRow:
    """Track a video and write its results; a job that was interrupted goes on.

    Args:
        task: The video.
        report: Told how far it is.

    Returns:
        What came of it, be it a failure of whatever kind.
    """
    begin = time.monotonic()
    set_pixel_limit(task.pixel_limit)
    attempt, host = task.row.attempts + 1, socket.gethostname()
    row = replace(task.row, attempts=attempt, error=None, warnings=[], host=host)
    try:
        with warnings_to(lambda text: row.warnings.append(" ".join(text.split()))):
            row = _track(task, row, report)
    except KeyboardInterrupt:
        row = replace(row, status=Status.STOPPED)
    except SamTrackerError as error:
        notes = getattr(error, "__notes__", ())
        row = replace(row, status=Status.FAILED, error="; ".join([str(error), *notes]))
    except Exception as error:  # one that should not be, but the other videos go on
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        line = str(SamTrackerError(f"{type(error).__name__}: {error} ({where})"))
        row = replace(row, status=Status.FAILED, error=line)
    return replace(row, seconds=round(time.monotonic() - begin, 3))


def _track(task: BatchTask, row: BatchRow, report: Report) -> BatchRow:
    store = Store(task.output)
    with _in(task.directory), _scratch() as scratch, torch_threads(task.threads):
        output = (store.folder or scratch / "out") / row.name
        thumbnail = Thumbnail()

        def on_frame(progress: Progress) -> bool:
            thumbnail.offer(progress)
            return report(progress.done, progress.total)

        outcome = _outcome(task, row, output, scratch / "in", on_frame)
        if is_staged(task.video.source):
            _name_source(outcome, task.video.source)
        if store.folder is None and not outcome.summary.interrupted:
            remove_resume(outcome.folder)  # it goes on from files only
            store.put(outcome.folder, row.name, last=SUMMARY)
        with suppress(OutputError):  # a picture is not worth a job
            thumbnail.write(store, row.name)
    return _concluded(row, outcome)


def _outcome(
    task: BatchTask,
    row: BatchRow,
    output: Path,
    scratch: Path,
    on_frame: Callable[[Progress], bool],
) -> Outcome:
    """Go on with the job in a folder, or begin it."""
    video, options = task.video, task.options
    device = options.device
    if not row.anew and _is_interrupted(output):
        return resume(output, device=device, on_frame=on_frame)
    job = TrackJob(
        source=_here(video.source, scratch / "video"),
        prompts=_prompts(video, scratch / "prompts", options.mask_kind),
        output=output,
        save=options.save,
        start=options.start,
        end=options.end,
        stride=options.stride,
        direction=options.direction,
        overwrite=row.anew or row.attempts > 1,  # what is there is of this batch then
        device=device,
    )
    return job.run(task.make_tracker, on_frame=on_frame)


def _is_interrupted(output: Path) -> bool:
    try:
        find_interrupted(output)
    except OutputError:  # if it is another one's, the job will say so
        return False
    return True


def _prompts(video: BatchVideo, scratch: Path, mask_kind: str) -> FirstPrompts:
    """Return what a video is begun with.

    Raises:
        PromptError: There is nothing, or it cannot be read.
    """
    if video.prompts is None:
        if not (video.boxes or video.points):
            raise PromptError(
                f"no prompts for '{video.source}': have {video.name}.png or {video.name}.json "
                "beside it or in prompts_from=..., or name them in a manifest"
            )
        return FirstPrompts(boxes=video.boxes, points=video.points)
    path = Path(_here(video.prompts, scratch))
    if PromptsFile.is_at(path):
        return FirstPrompts(prompts_file=path)
    return FirstPrompts(mask=path, mask_kind=mask_kind, boxes=video.boxes, points=video.points)


def _here(location: str, folder: Path) -> str:
    """Return where a file is on this machine; one of a URL is copied to a folder."""
    if not is_staged(location):
        return location
    folder.mkdir(parents=True)
    return str(fetch(location, folder))


def _name_source(outcome: Outcome, source: str) -> None:
    """Have the summary say where the video came from, and not where its copy was."""
    summary = replace(outcome.summary, source=source)
    write_text(outcome.folder / SUMMARY, summary.to_json())


def _concluded(row: BatchRow, outcome: Outcome) -> BatchRow:
    summary, failure = outcome.summary, outcome.failure
    status = Status.DONE
    if failure is not None:
        status = Status.CUT_OFF if summary.failed is None else Status.FAILED
    elif summary.interrupted:
        status = Status.STOPPED
    return replace(
        row,
        status=status,
        frames=summary.frames,
        fps=summary.fps,
        objects={str(number): states for number, states in summary.objects.items()},
        error=None if failure is None else str(failure),
    )


@contextmanager
def _in(directory: Path) -> Iterator[None]:
    """Be in a folder, where this machine has it: another one may know the paths of URLs only."""
    if not directory.is_dir() or Path.cwd() == directory:
        yield
        return
    with chdir(directory):
        yield


@contextmanager
def _scratch() -> Iterator[Path]:
    """Have a folder for copies."""
    with tempfile.TemporaryDirectory(prefix=f"samtrack-batch-{os.getpid()}-") as name:
        yield Path(name)
