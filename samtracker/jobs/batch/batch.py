"""Tracking many videos: what is left to do, attempts, and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from samtracker.errors import ConfigError, WorkerError
from samtracker.files import writing
from samtracker.jobs.batch.engine import Engine, Steps
from samtracker.jobs.batch.ledger import Ledger
from samtracker.jobs.batch.report import report
from samtracker.jobs.batch.row import BatchRow, Status
from samtracker.jobs.batch.storage import Store
from samtracker.jobs.batch.task import BatchTask, TrackOptions
from samtracker.jobs.batch.video import BatchVideo
from samtracker.results.names import BATCH_HTML
from samtracker.results.output_folder import alone
from samtracker.results.process import forget_process, note_process, refuse_busy
from samtracker.tracker import Tracker
from samtracker.video.pixel_limit import pixel_limit

POLL: Final = 0.2
"""Seconds between two looks at how far the jobs are."""

OnRow = Callable[[BatchRow], object]
"""Called when a video has come to an end."""

OnWait = Callable[[Steps], object]
"""Called again and again with how far the running jobs are; False stops them."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Many videos to track, a job each, and the folder or URL for what is found in them.

    What is done stays done: a batch that was stopped or killed goes on where it was when it is
    run again, and tries again what has failed.

    Attributes:
        videos: What to track, see `find_videos`.
        output: Folder or URL of fsspec; each video gets a folder in it, as `TrackJob` writes it.
        options: What all jobs have in common.
        make_tracker: Builds a tracker; called in other processes, so that it must be pickled.
        settings: What `make_tracker` is told, as JSON has it: a batch goes on with the same only.
        threads: Number of threads that each job computes with.
        retries: How often a video is tried again that fails, in one run.
        overwrite: Whether all is tracked anew.

    Raises:
        ConfigError: A number is not possible.
    """

    videos: tuple[BatchVideo, ...]
    output: str
    options: TrackOptions = field(default_factory=TrackOptions)
    make_tracker: Callable[[], Tracker]
    settings: dict[str, Any] = field(default_factory=dict)
    threads: int = 1
    retries: int = 2
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.threads < 1 or self.retries < 0:
            raise ConfigError(
                f"threads={self.threads} and retries={self.retries} have to be 1 and 0 or more"
            )

    def run(
        self,
        engine: Engine,
        *,
        on_row: OnRow | None = None,
        on_wait: OnWait | None = None,
    ) -> tuple[BatchRow, ...]:
        """Track what is not tracked yet.

        Args:
            engine: What runs the jobs.
            on_row: Called with the rows that are final before anything is run, then with each row
                whose job has come to its end.
            on_wait: Called while jobs run.

        Returns:
            A row for each video, in their order.

        Raises:
            OutputError: There are other results in the output, another process writes there, or
                what came of the videos could not be written down.
            KeyboardInterrupt: Ctrl-C was pressed; what was tracked is kept.
        """
        store = Store(self.output)
        options = {**asdict(self.options), **self.settings}
        del options["device"]
        options["save"] = list(self.options.save)
        with _Claim(store.folder):
            ledger = Ledger.open(store, options, overwrite=self.overwrite)
            ledger.engine = engine.name
            ledger.enter(self.videos, overwrite=self.overwrite)
            ledger.write()
            if ledger.failure is not None:
                raise ledger.failure
            try:
                _Run(self, engine, ledger, on_row or _ignore, on_wait or _ignore).run()
            finally:
                ledger.write()
                rows = tuple(ledger.rows[video.name] for video in self.videos)
                page = report(tuple(ledger.rows.values()), store, engine.name, options)
                if ledger.failure is None:
                    store.write(BATCH_HTML, page.encode())
        if ledger.failure is not None:
            raise ledger.failure
        return rows


class _Run:
    """One run of a batch."""

    def __init__(
        self, batch: Batch, engine: Engine, ledger: Ledger, on_row: OnRow, on_wait: OnWait
    ) -> None:
        self._batch = batch
        self._engine = engine
        self._ledger = ledger
        self._on_row, self._on_wait = on_row, on_wait
        self._waiting: dict[Future[BatchRow], int] = {}
        self._tries = [0] * len(batch.videos)
        self._stopped = False

    def run(self) -> None:
        """Submit what is left, and again what fails, until nothing is left or the user stops."""
        for number, video in enumerate(self._batch.videos):
            row = self._ledger.rows[video.name]
            if row.status.is_final:
                self._on_row(row)
            else:
                self._submit(number)
        while self._waiting:
            for future in wait(self._waiting, timeout=POLL, return_when=FIRST_COMPLETED).done:
                self._take(self._waiting.pop(future), future)
            if self._on_wait(self._engine.steps()) is False and not self._stopped:
                self._stopped = True
                self._engine.stop()

    def _submit(self, number: int) -> None:
        batch, video = self._batch, self._batch.videos[number]
        task = BatchTask(
            video=video,
            row=self._ledger.rows[video.name],
            output=self._ledger.location,
            options=batch.options,
            make_tracker=batch.make_tracker,
            threads=batch.threads,
            directory=Path.cwd(),
            pixel_limit=pixel_limit(),
        )
        self._waiting[self._engine.submit(number, task)] = number

    def _take(self, number: int, future: Future[BatchRow]) -> None:
        """Enter what came of a task, and submit it again where that is due."""
        known = self._ledger.rows[self._batch.videos[number].name]
        try:
            row = future.result()
        except Exception as error:  # whatever an engine says of a worker that is lost
            row = known if self._stopped else _lost(known, error)
        if row == known:  # it was stopped before it had begun, or goes on from what it has written
            return
        # Until there are results of what it is now, it must not go on with those of before.
        row = replace(row, anew=known.anew and not row.status.is_final)
        self._ledger.rows[row.name] = row
        self._ledger.write()
        self._tries[number] += 1
        if (
            row.status is Status.FAILED
            and not self._stopped
            and self._tries[number] <= self._batch.retries
        ):
            self._submit(number)
        else:
            self._on_row(row)


def _lost(row: BatchRow, error: BaseException) -> BatchRow:
    """Return the row of a video whose worker is lost."""
    line = str(WorkerError(str(error)))
    return replace(row, status=Status.FAILED, attempts=row.attempts + 1, error=line)


def _ignore(_: object) -> None:
    pass


class _Claim:
    """Keeps other batches out of a folder in the `with` block; a URL is not guarded.

    Args:
        folder: The folder; None for a URL.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def __enter__(self) -> None:
        if self._folder is not None:
            with writing(self._folder), alone(self._folder):
                refuse_busy(self._folder)
                self._folder.mkdir(parents=True, exist_ok=True)
                note_process(self._folder, resumes=False)

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            forget_process(self._folder)
