"""The log that a job keeps, to be replayed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from samtracker.errors import OutputError
from samtracker.files import checked_path, writing
from samtracker.jobs.record import lasting
from samtracker.results.output_folder import partial_of
from samtracker.tracker import Tracker
from samtracker.tracking.log import ReplayLog, is_log


def check_log(path: Path | None, *, overwrite: bool, output: Path | None = None) -> None:
    """Check that a log may be written; nobody waits for a job to hear that it may not.

    Args:
        path: Path of the log; None for none.
        overwrite: Whether an older log is replaced.
        output: Folder for the results, which belongs to them alone; None for none.

    Raises:
        OutputError: It is no path, there is no folder for it, it would lie among the results, it
            exists already, or it is anything but a log.
    """
    if path is None:
        return
    path = checked_path(path, OutputError, "log")
    place = Path(os.path.realpath(path))
    if output is not None:
        folder = Path(os.path.realpath(output))
        if {folder, partial_of(folder)} & {place, *place.parents}:
            raise OutputError(f"log='{path}' would lie in the output folder: choose another")
    with writing(path):
        if not place.parent.is_dir():
            raise OutputError(f"log='{path}' cannot be written: no such folder, '{place.parent}'")
        if place.is_symlink():  # all other links have been followed
            raise OutputError(f"log='{path}' is a link that leads back to itself: choose another")
        if not path.exists():
            return
        if not overwrite:
            raise OutputError(f"'{path}' exists already: choose another, or overwrite=True")
        if path.is_file() and not is_log(path):
            raise OutputError(
                f"log='{path}' is not replaced, because it is no log of samtrack: choose another"
            )


@contextmanager
def keeping_log(
    path: Path | None,
    tracker: Tracker,
    source: str | Path | int,
    on_failure: Callable[[OutputError], object],
) -> Iterator[None]:
    """Take down what is done to a tracker until the end of the `with` block.

    A log that cannot be written is no reason to end a job.

    Args:
        path: Path of the log, see `check_log`; None for none.
        tracker: Tracker whose stream is to begin.
        source: The source as the user named it.
        on_failure: Called at the end if the log is not complete, with the reason.
    """
    if path is None:
        yield
        return
    tracker.reset()  # a log begins with its stream
    log = tracker.log = ReplayLog(path, tracker, lasting(source) or str(source))
    try:
        yield
    finally:
        tracker.log = None
        try:
            log.close()
        except OutputError as error:
            on_failure(OutputError(f"the log is not complete: {error}"))
