"""What libraries in C print by themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock

_LOCK = Lock()


@contextmanager
def silenced() -> Iterator[None]:
    """Drop what is printed to standard error while a picture is decoded.

    libtiff and libpng say there what is wrong with a damaged picture, though the error that they
    return is reported anyway. They offer no way to be quiet that reaches Python.
    """
    with _LOCK:  # two threads could restore each other's silence
        try:
            kept = os.dup(2)
        except OSError:  # it is closed
            yield
            return
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 2)
            os.close(nowhere)
            yield
        finally:
            with suppress(OSError):
                os.dup2(kept, 2)
            os.close(kept)
