"""Files that this program writes: how that can fail, and what reading a damaged one may raise."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from samtracker.errors import OutputError

DAMAGE: Final = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    zlib.error,
)
"""What reading a file of ours may raise that was cut off or changed, beside OSError."""


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
