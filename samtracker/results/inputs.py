"""What a command reads, which must not be replaced by what it writes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from samtracker.errors import OutputError
from samtracker.video.image_pattern import matching
from samtracker.video.location import is_camera, locate_source


def refuse_inputs(target: Path, inputs: Iterable[str | Path | int | None]) -> None:
    """Guard what is read from being replaced.

    Links are followed, those in an input folder too: it does not matter by what name a file is
    read.

    Args:
        target: File or folder that is to be replaced; it need not exist.
        inputs: Files, folders, patterns or `file://` addresses that are read. None, cameras
            and other addresses are never in the way.

    Raises:
        OutputError: An input is the target or lies in it, or the target is a file in an input
            folder.
    """
    place = Path(os.path.realpath(target))
    for given in inputs:
        for path in _files(given):
            with suppress(OSError):  # of a name that no file can have
                _refuse(given, path, place)


def _refuse(given: object, path: Path, place: Path) -> None:
    names = {Path(os.path.realpath(path)), Path(os.path.realpath(path.parent), path.name)}
    if any(_is_in(name, place) for name in names):
        raise OutputError(
            f"'{given}' is read, and would be replaced with '{place}': choose another place to "
            "write to, or move it away"
        )
    if place.is_file() and path.is_dir() and _is_in(place, path):
        raise OutputError(
            f"'{place}' is not replaced, because it lies in '{path}', which is read: choose "
            "another place to write to"
        )


def _files(given: str | Path | int | None) -> Iterator[Path]:
    """Yield the paths that an input stands for, and the links in it."""
    if given is None or isinstance(given, int) or is_camera(given):
        return
    path = locate_source(given)
    if isinstance(path, str) or "\0" in str(path):  # no file has a NUL in its name
        return
    yield path
    with suppress(OSError):  # what cannot be looked at cannot be read either
        if not path.exists():
            yield from matching(path)
        elif path.is_dir():
            yield from (item for item in path.iterdir() if item.is_symlink())


def _is_in(path: Path, place: Path) -> bool:
    """Return whether a path is a place or lies in it, whatever name it goes by."""
    for parent in (path, *path.parents):
        if parent == place:
            return True
        with suppress(OSError):
            if parent.samefile(place):
                return True
    return False
