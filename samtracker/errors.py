"""Every error that samtracker raises on purpose.

::

    SamTrackerError
    ├── ConfigError      a name or setting that does not exist or does not fit
    │   ├── OutOfMemoryError     a frame or job that needs more memory than there is
    │   └── WorkerError          a worker process that died
    ├── FrameError       a frame that is not RGB uint8, or is of another size than the stream's
    ├── PromptError      a mask, box or click that cannot start or correct an object
    │   ├── NotInitializedError  a call that needs a stream, before `init`
    │   └── NothingToUndoError   `undo` where no change is left to take back
    ├── VideoError       a source that cannot be read, or a video that cannot be written
    ├── OutputError      an output folder that exists already or cannot be written
    ├── WeightsError     weights that are missing, damaged, tampered with or of another shape
    │   └── DownloadError        weights that did not come, or others than those asked for
    ├── DatasetError     a dataset that is not there, or not in the layout that was asked for
    ├── TrainingError    a training that cannot go on
    └── ReplayError      a log that is missing, damaged or does not fit

A message names the argument, the value it had and the way out, in one line. The command line
prints it and exits with code 2. The errors below others were plain ones of these before they had a
class of their own, and are still caught with them.

What is worth a word but no error is a warning in the log "samtracker"; `warnings_to` hears them.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

BEGIN: Final = 700
"""Characters at the begin of a message that are shown however long it is."""

END: Final = 250
"""Likewise at its end, where the way out is."""


class SamTrackerError(Exception):
    """Base of all errors raised on purpose; catch this one to catch them all."""

    def __str__(self) -> str:
        # One line that a terminal can show, whatever values it names.
        line = re.sub(r"\s*\n\s*", " ", super().__str__())
        if len(line) > BEGIN + END:
            line = f"{line[:BEGIN]} ... {line[-END:]}"
        return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)


class ConfigError(SamTrackerError):
    """A name or setting that does not exist, or does not fit the others."""


class OutOfMemoryError(ConfigError):
    """A frame or job that needs more memory than the device has."""


class WorkerError(ConfigError):
    """A worker process that died."""


class FrameError(SamTrackerError):
    """A frame that is not RGB uint8 (H, W, 3), or is of another size, or has no valid time."""


class PromptError(SamTrackerError):
    """A mask, box or click that cannot start or correct an object."""


class NotInitializedError(PromptError):
    """A call that needs a stream, before `init` has started one."""


class NothingToUndoError(PromptError):
    """`undo` where no change is left to take back."""


class VideoError(SamTrackerError):
    """A source that cannot be read, or a video that cannot be written."""


class OutputError(SamTrackerError):
    """An output folder that exists already or cannot be written."""


class WeightsError(SamTrackerError):
    """Weights that are missing, damaged, tampered with or of another shape."""


class DownloadError(WeightsError):
    """Weights that did not come, or others than those that were asked for."""


class DatasetError(SamTrackerError):
    """A dataset that is not there, or not in the layout that was asked for."""


class TrainingError(SamTrackerError):
    """A training that cannot go on."""


class ReplayError(SamTrackerError):
    """A log of a tracker that is missing, damaged, or does not fit weights or source."""


@contextmanager
def warnings_to(note: Callable[[str], object]) -> Iterator[None]:
    """Give `note` each message that the package warns with in the `with` block."""
    log, handler = logging.getLogger("samtracker"), _Notes(note)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)


class _Notes(logging.Handler):
    def __init__(self, note: Callable[[str], object]) -> None:
        super().__init__(logging.WARNING)
        self._note = note

    def emit(self, record: logging.LogRecord) -> None:
        self._note(record.getMessage())
