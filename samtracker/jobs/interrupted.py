"""The interrupted job in a folder: where it is, or why there is none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from samtracker.errors import OutputError
from samtracker.files import DAMAGE, writing
from samtracker.jobs.record import lasting
from samtracker.results.contents import has_results, is_resumable
from samtracker.results.names import PROCESS, SUMMARY
from samtracker.results.output_folder import alone, partial_of, recover


def find_interrupted(folder: Path) -> tuple[Path, Path]:
    """Find the job that is to go on.

    Args:
        folder: Its output folder, with `.partial` at its end or without.

    Returns:
        The output folder, absolute, and the folder with what there is until now: the same one, or
        the one with `.partial`.

    Raises:
        OutputError: There is nothing to go on with, or the job is still running.
    """
    for path, place in _recovered(folder):
        if is_resumable(place):
            return path, place
    given = Path(os.path.realpath(folder))
    for place in (partial_of(given), given):
        if place.exists():
            raise OutputError(_why_not(place))
    raise OutputError(f"no such folder: '{folder}'; check the path")


def find_unbegun(folder: Path) -> Path | None:
    """Find the job that ended before it had tracked a frame.

    Args:
        folder: Its output folder, with `.partial` at its end or without.

    Returns:
        The folder with what there is of it; None for no such job, or if there is one to resume.

    Raises:
        OutputError: The job is still running.
    """
    unbegun = None
    for _, place in _recovered(folder):
        if is_resumable(place):
            return None
        if unbegun is None and _is_unbegun(place):
            unbegun = place
    return unbegun


def _recovered(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Yield the output folders that may be meant, each with where its results may be."""
    given = Path(os.path.realpath(folder))
    for path in (given.parent / (given.name.removesuffix(".partial")), given):
        with writing(path), alone(path):
            recover(path)
        for place in (partial_of(path), path):  # the newer one first
            yield path, place


def _is_unbegun(folder: Path) -> bool:
    return (folder / PROCESS).exists() and not has_results(folder)


def _why_not(folder: Path) -> str:
    """Return why there is nothing to resume in a folder."""
    try:
        summary = json.loads((folder / SUMMARY).read_text("utf-8"))
        source, early = summary["source"], summary["interrupted"] or summary["failed"]
        if not early:
            return f"'{folder}' is complete: there is nothing to resume"
        if lasting(source) is None:
            return (
                f"'{folder}' is of {source}, a live source or pipe, which does not come again: "
                "it cannot be resumed"
            )
    except (OSError, *DAMAGE):
        pass
    if _is_unbegun(folder):
        return f"'{folder}' is of a job that had not tracked a frame yet: track again"
    return f"'{folder}' holds no interrupted job of samtrack track: there is nothing to resume"
