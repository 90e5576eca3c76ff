"""The log that a command keeps for `samtrack replay`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from samtracker.errors import OutputError
from samtracker.replay_log import ReplayLog
from samtracker.resume.job import lasting
from samtracker.tracker import Tracker


@contextmanager
def keeping_log(
    path: Path | None, tracker: Tracker, source: str, *, overwrite: bool
) -> Iterator[None]:
    """Take down what is done to a tracker until the end of the `with` block.

    A log that cannot be written is no reason to end a job; the user is told at the end.

    Args:
        path: of the log; None for none.
        tracker: before its stream begins.
        source: as the user named it.
        overwrite: whether an older log is replaced.

    Raises:
        OutputError: it exists already.
    """
    if path is None:
        yield
        return
    if path.exists() and not overwrite:
        raise OutputError(f"'{path}' exists already: choose another, or --overwrite")
    tracker.log = ReplayLog(path, tracker, lasting(source) or source)
    try:
        yield
    finally:
        try:
            tracker.log.close()
        except OutputError as error:
            click.echo(f"the log is not complete: {error}", err=True)
