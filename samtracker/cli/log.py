"""The log that a command keeps for `samtrack replay`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from samtracker.errors import OutputError
from samtracker.files import writing
from samtracker.jobs.resume import lasting
from samtracker.results.output_folder import partial_of
from samtracker.tracker import Tracker
from samtracker.tracking.log import ReplayLog, is_log


def check_log(path: Path | None, *, overwrite: bool, output: Path | None = None) -> None:
    """Pass if a log may be written there; nobody waits for a job to hear that it may not.

    Args:
        path: of the log; None for none.
        overwrite: whether an older log is replaced.
        output: folder for the results, which belongs to them alone; None for none.

    Raises:
        OutputError: there is no folder for it, it would lie among the results, it exists already,
            or it is anything but a log.
    """
    if path is None:
        return
    place = Path(os.path.realpath(path))
    if output is not None:
        folder = Path(os.path.realpath(output))
        if {folder, partial_of(folder)} & {place, *place.parents}:
            raise OutputError(f"--log '{path}' would lie in the output folder: choose another")
    with writing(path):
        if not place.parent.is_dir():
            raise OutputError(f"--log '{path}' cannot be written: no such folder, '{place.parent}'")
        if not path.exists():
            return
        if not overwrite:
            raise OutputError(f"'{path}' exists already: choose another, or --overwrite")
        if path.is_file() and not is_log(path):
            raise OutputError(
                f"--log '{path}' is not replaced, because it is no log of samtrack: choose another"
            )


@contextmanager
def keeping_log(path: Path | None, tracker: Tracker, source: str) -> Iterator[None]:
    """Take down what is done to a tracker until the end of the `with` block.

    A log that cannot be written is no reason to end a job; the user is told at the end.

    Args:
        path: of the log, see `check_log`; None for none.
        tracker: before its stream begins.
        source: as the user named it.
    """
    if path is None:
        yield
        return
    tracker.log = ReplayLog(path, tracker, lasting(source) or source)
    try:
        yield
    finally:
        try:
            tracker.log.close()
        except OutputError as error:
            click.echo(f"the log is not complete: {error}", err=True)
