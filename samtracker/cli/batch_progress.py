"""How far the jobs of a batch are: all of them on one screen, or a line for each that ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from samtracker.cli.messages import with_options
from samtracker.jobs.batch import BatchRow


class BatchProgress:
    """Shows the running jobs as bars on a terminal; elsewhere a line for each one that ends.

    Args:
        names: Names of the videos.
        engine: What runs the jobs.
    """

    def __init__(self, names: Sequence[str], engine: str) -> None:
        self._names = names
        self._ended = 0
        self._bars: dict[int, TaskID] = {}
        self._screen: Progress | None = None
        if sys.stderr.isatty():
            self._screen = Progress(
                TextColumn("{task.description}", markup=False),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self._all = self._screen.add_task(f"videos, on {engine}", total=len(names))
        else:
            click.echo(f"{len(names)} video{'s' * (len(names) != 1)}, on {engine}", err=True)

    def __enter__(self) -> Self:
        if self._screen is not None:
            self._screen.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._screen is not None:
            self._screen.stop()

    def show(self, steps: dict[int, tuple[int, int | None]]) -> None:
        """Show how far the running jobs are, by the number of their video."""
        if self._screen is None:
            return
        for number in self._bars.keys() - steps.keys():
            self._screen.remove_task(self._bars.pop(number))
        for number, (done, total) in steps.items():
            if number not in self._bars:
                self._bars[number] = self._screen.add_task(self._names[number], total=total)
            self._screen.update(self._bars[number], completed=done, total=total)

    def end(self, row: BatchRow) -> None:
        """Say what came of a video."""
        self._ended += 1
        speed = row.fps.get("p50")
        parts = [
            row.status.value,
            *([f"{row.frames} frames"] if row.frames else []),
            *([f"{speed:g} fps"] if speed is not None else []),
        ]
        reason = "" if row.error is None else f": {with_options(row.error)}"
        self._say(f"[{self._ended}/{len(self._names)}] {row.name}: {', '.join(parts)}{reason}")
        for warning in row.warnings:
            self._say(f"Warning: {row.name}: {with_options(warning)}")
        if self._screen is not None:
            self._screen.update(self._all, completed=self._ended)

    def _say(self, line: str) -> None:
        if self._screen is None:
            click.echo(line, err=True)
        else:
            self._screen.console.print(line, markup=False, highlight=False, soft_wrap=True)
