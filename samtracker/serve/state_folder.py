"""The folder with the files of all sessions."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from samtracker.errors import ConfigError, OutputError
from samtracker.files import writing

if sys.platform != "win32":
    import fcntl


@contextmanager
def state_folder(path: Path | None) -> Iterator[Path]:
    """Have a folder for the sessions' files to oneself.

    Args:
        path: The folder, which is made where it is missing; None for a temporary one.

    Raises:
        ConfigError: Another server has it, or it cannot be made.
    """
    if path is None:
        with TemporaryDirectory(prefix="samtrack-serve-") as name:
            yield Path(name)
        return
    try:
        with writing(path):
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)  # others' videos are in it
    except OutputError as error:
        raise ConfigError(f"state='{path}' cannot be used ({error}): give another") from error
    if sys.platform == "win32":
        yield path
        return
    held = os.open(path, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # a kill ends it as well
        except OSError as error:
            raise ConfigError(f"state='{path}' is used by another server: give another") from error
        yield path
    finally:
        os.close(held)
