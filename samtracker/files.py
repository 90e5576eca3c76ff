"""Files that are read and written: their paths, how writing fails, what a damaged one may raise."""

from __future__ import annotations

import hashlib
import os
import reprlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from samtracker.errors import OutputError, SamTrackerError, WeightsError

DAMAGE: Final = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    zlib.error,
)
"""What reading a file of ours may raise that was cut off or changed, beside OSError."""


def checked_path(given: str | os.PathLike[str], error: type[SamTrackerError], name: str) -> Path:
    """Return a path that a user gave.

    Args:
        given: What should be a path.
        error: What to raise where it is none.
        name: Name of the argument, for the message.

    Raises:
        SamTrackerError: Of the kind given; it is neither a str nor a path of one, or no file can be
            called so.
    """
    try:
        path = Path(given)
        if b"\0" in os.fsencode(path):
            raise ValueError
    except (TypeError, ValueError):
        raise error(f"{name}={reprlib.repr(given)} is no path: give a str or a Path") from None
    return path


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn an OSError in the `with` block into an error of ours.

    Args:
        path: What is written, for the message.

    Raises:
        OutputError: The disk is full or the file cannot be written.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or error
        raise OutputError(
            f"'{path}' cannot be written ({reason}): free disk space or choose another place"
        ) from error


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Write a file whole or not at all: to the path given, which gets its name at the end.

    Args:
        path: What is written; an existing file is replaced.

    Raises:
        OutputError: The disk is full or the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    with writing(path):
        try:
            yield partial
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text file in UTF-8 that ends in one newline.

    Raises:
        OutputError: The disk is full or the file cannot be written; half of it is removed.
    """
    with writing(path):
        try:
            path.write_text(text.rstrip("\n") + "\n", "utf-8")
        except OSError:
            path.unlink(missing_ok=True)
            raise


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, 64 lower-case hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder() -> Path:
    """Return the user's folder for downloads and for what is made once and kept.

    It is `$SAMTRACKER_HOME`, else `~/.cache/samtracker`; `$XDG_CACHE_HOME` stands for `~/.cache`
    where it is set.

    Raises:
        WeightsError: There is no such home folder.
    """
    given = os.environ.get("SAMTRACKER_HOME", "")
    try:
        if given:
            return Path(given).expanduser()
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "samtracker"
    except RuntimeError:
        raise WeightsError(
            f"the home folder of SAMTRACKER_HOME='{given}' is unknown: set it to a whole path"
        ) from None
