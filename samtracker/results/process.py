"""The process that writes into a folder: noted in it, so that no other one takes the folder."""

from __future__ import annotations

import json
import os
from pathlib import Path

import psutil

from samtracker.errors import OutputError
from samtracker.files import DAMAGE, write_text
from samtracker.results.names import PROCESS

CLOCK_TOLERANCE = 2.0
"""Seconds by which the start of one and the same process may seem to differ."""


def note_process(folder: Path, *, resumes: bool) -> None:
    """Note in a folder that this process writes there.

    Args:
        folder: The folder that is written to.
        resumes: Whether the job in it goes on with an interrupted one.

    Raises:
        OutputError: The note cannot be written.
    """
    me = psutil.Process()
    write_text(folder / PROCESS, json.dumps([me.pid, me.create_time(), resumes]))


def forget_process(folder: Path) -> None:
    """Remove the note, if there is one."""
    (folder / PROCESS).unlink(missing_ok=True)


def is_resuming(folder: Path) -> bool:
    """Return whether a killed process was resuming a job; True where that is unknown."""
    try:
        _, _, resumes = json.loads((folder / PROCESS).read_bytes())
    except (OSError, *DAMAGE):
        return True
    return bool(resumes)


def refuse_busy(folder: Path) -> None:
    """Guard a folder from being replaced while another process writes to it.

    Raises:
        OutputError: One does.
    """
    try:
        number, begun, *_ = json.loads((folder / PROCESS).read_bytes())
        process = psutil.Process(number)
        same = abs(process.create_time() - begun) < CLOCK_TOLERANCE
        same = same and process.status() != psutil.STATUS_ZOMBIE  # ended, if nobody asked how
    except (OSError, *DAMAGE, psutil.Error):
        return  # no process, or one that is gone
    if same and number != os.getpid():
        raise OutputError(
            f"'{folder}' is being written by samtrack in process {number}: "
            "wait for its end, or stop it"
        )
