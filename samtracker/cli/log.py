"""The log that a command keeps for `samtrack replay`."""

from __future__ import annotations

from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from samtracker.errors import OutputError
from samtracker.replay_log import ReplayLog
from samtracker.resume.job import lasting
from samtracker.tracker import Tracker


def start_log(
    path: Path | None, tracker: Tracker, source: str, *, overwrite: bool
) -> AbstractContextManager[object]:
    """Take down what is done to a tracker until the end of the `with` block.

    Args:
        path: of the log; None for none.
        tracker: before its stream begins.
        source: as the user named it.
        overwrite: whether an older log is replaced.

    Raises:
        OutputError: it cannot be written, or exists already.
    """
    if path is None:
        return nullcontext()
    if path.exists() and not overwrite:
        raise OutputError(f"'{path}' exists already: choose another, or --overwrite")
    tracker.log = ReplayLog(path, tracker, lasting(source) or source)
    return closing(tracker.log)
