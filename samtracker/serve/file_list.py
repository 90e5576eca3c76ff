"""The videos of the server's folder that everybody may open."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from samtracker.serve.upload import SUFFIXES
from samtracker.video.stills import natural_order

MOST: Final = 1000
"""Files that are listed."""


def list_files(folder: Path | None) -> dict[str, Path]:
    """Return the videos of a folder by their names; links that lead out of it are left out."""
    if folder is None:
        return {}
    place = folder.resolve()
    found = sorted(folder.iterdir(), key=lambda path: natural_order(path.name))
    videos = (
        path
        for path in found
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and path.resolve().is_relative_to(place)
        and path.name.isprintable()
    )
    return {path.name: path for path, _ in zip(videos, range(MOST), strict=False)}
