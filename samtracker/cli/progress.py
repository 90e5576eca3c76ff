"""How far a job is: the progress bar, and the window if there is one."""

from __future__ import annotations

import sys
from typing import Any, Self

import click
from tqdm import tqdm

from samtracker.cli.interruption import Interruption
from samtracker.jobs import JobStart, Progress, SceneCut
from samtracker.live.events import QUIT, Key
from samtracker.live.window import Window
from samtracker.results.overlay import overlay

LOG_INTERVAL = 10.0
"""Seconds between two states of the progress bar where standard error is no terminal."""

CLOSING = (QUIT, Key("escape"))
"""What ends a job in its window."""


class ProgressDisplay:
    """Shows the frames as they are tracked, and says when the user wants to stop.

    Args:
        window: Window for the overlay; None for none.
        interruption: Takes Ctrl-C; it is deferred once the job starts.
    """

    def __init__(self, window: Window | None, interruption: Interruption) -> None:
        self._window = window
        self._interruption = interruption
        self._bar: tqdm[Any] | None = None
        self._restored = 0
        self._stage = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def prepare(self, done: int, total: int) -> None:
        """Show how many objects are ready to be tracked; what takes a moment only needs no bar."""
        if self._bar is None:
            self._bar = _bar(total=total, desc="preparing", unit="object", leave=False, delay=1)
        self._bar.update(done - self._bar.n)

    def start(self, job: JobStart) -> None:
        """Say what was understood, or show that an interrupted job is being restored."""
        self._interruption.deferred = True
        self._restored = job.restored
        if self._bar is not None:
            self._bar.close()
        if job.restored:
            # What takes a moment only needs no bar.
            self._bar = _bar(total=job.restored, desc="restoring", leave=False, delay=1)
            return
        for item in job.result.objects:
            called = f" ({item.name})" if item.name else ""
            origin = f"{int(item.mask.sum())} pixels from the {job.origins[item.id]}"
            click.echo(f"object {item.id}{called}: {origin}", err=True)
        self._bar = _bar(total=job.total)

    def _change(self, progress: Progress) -> None:
        """Show another stage of the job from now on."""
        assert self._bar is not None, "the job has started"
        self._bar.leave = bool(self._stage)
        self._bar.close()
        if not self._stage and self._restored:
            plural = "s" * (self._restored > 1)
            click.echo(f"going on {progress.stage} after {self._restored} frame{plural}", err=True)
        self._stage, self._restored = progress.stage, 0
        self._bar = _bar(total=progress.total, initial=progress.done - 1, desc=progress.stage)

    @property
    def can_ask(self) -> bool:
        """Whether there is a terminal, so that somebody may answer."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    def ask(self, cut: SceneCut) -> bool:
        """Ask whether to go on behind a cut to another scene; not where the user wants to stop."""
        assert self._bar is not None, "the job has started"
        self._bar.clear()
        place = f"frame {cut.frame} ({cut.time:g} s)"
        self._interruption.deferred = False  # Ctrl-C ends what waits for an answer
        try:
            return click.confirm(f"another scene begins at {place}: go on?", True, err=True)
        except click.Abort:
            self._interruption.requested = True
            raise KeyboardInterrupt from None
        finally:
            self._interruption.deferred = True

    def show(self, progress: Progress) -> bool:
        """Show a frame; return False once the user wants to stop."""
        assert self._bar is not None, "the job has started"
        if progress.stage != self._stage:
            self._change(progress)
        elif progress.done <= self._restored:
            self._bar.update()
            if progress.done == self._restored:
                self._bar.close()
                plural = "s" * (self._restored > 1)
                click.echo(f"going on after {self._restored} frame{plural}", err=True)
                self._bar = _bar(total=progress.total, initial=self._restored)
            return not self._interruption.requested
        objects = progress.result.objects
        states = " ".join(f"{item.id}:{item.state}" for item in objects[:4])
        more = len(objects) - 4
        self._bar.set_postfix_str(states + (f" +{more}" if more > 0 else ""), refresh=False)
        self._bar.update()
        if self._interruption.requested:
            return False
        if self._window is None:
            return True
        self._window.show(overlay(progress.frame.image, progress.result))
        return not any(event in CLOSING for event in self._window.events())


def _bar(**settings: Any) -> tqdm[Any]:
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL
    return tqdm(**{"unit": "frame", "file": sys.stderr, "mininterval": interval, **settings})
