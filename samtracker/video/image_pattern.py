"""Patterns of file names: `*`, `?` and `[...]` as in a shell, and `%05d` as in FFmpeg."""

from __future__ import annotations

import glob
import re
from pathlib import Path

_NUMBER = re.compile(r"%0?(\d{0,2})d")


def is_pattern(path: Path) -> bool:
    """Return whether a path that does not exist stands for others."""
    return glob.has_magic(str(path)) or is_numbered(path)


def is_numbered(path: Path) -> bool:
    """Return whether a path stands for numbered files, as `frames/%05d.png` does."""
    return len(_NUMBER.findall(path.name)) == 1 and path.parent.is_dir()


def matching(path: Path) -> list[Path]:
    """Return the files that a pattern stands for, in any order, whatever their numbers.

    Raises:
        OSError: A folder cannot be read.
    """
    if not is_numbered(path):
        return [Path(name) for name in glob.glob(str(path), recursive=True)]  # noqa: PTH207
    before, width, after = _NUMBER.split(path.name)
    # As printf writes numbers: with leading zeros up to the width, and none beyond.
    digits = rf"(?:\d{{{int(width or 1)}}}|[1-9]\d{{{int(width or 1)},}})"
    name = re.compile(re.escape(before) + digits + re.escape(after))
    return [file for file in path.parent.iterdir() if name.fullmatch(file.name)]
