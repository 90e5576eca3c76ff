"""What the files that are made of a picture are called."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_LONGEST: Final = 230
"""Bytes of a name; file systems allow 255, from which go a suffix and what marks a partial file."""


def frame_stems(pictures: Sequence[tuple[Path, int | None]]) -> list[str]:
    """Return a name without suffix for each picture of a sequence, no two alike.

    It is the picture's own, `shot_1000` of `shot_1000.png`. Where two would be alike in any of
    them, as with `a.png` and `a.jpg`, or on a disk that takes A and a for one letter, all keep
    their suffix: `a.png` and `a.jpg`. Where that is of no help, as with pictures of several
    folders, they are numbered: `00000`, `00001`.

    Args:
        pictures: Files, and the number of the page in the file; None where it has just one.
    """
    for names in ([file.stem for file, _ in pictures], [file.name for file, _ in pictures]):
        stems = [
            name if page is None else f"{name}_{page:05d}"
            for name, (_, page) in zip(names, pictures, strict=True)
        ]
        distinct = len({stem.casefold() for stem in stems}) == len(stems)
        if distinct and all(len(os.fsencode(stem)) <= _LONGEST for stem in stems):
            return stems
    return [f"{number:05d}" for number in range(len(pictures))]
