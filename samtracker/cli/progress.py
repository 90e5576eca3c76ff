"""How far a job is: the progress bar, and the window if there is one."""

from __future__ import annotations

import math
import sys
from typing import Any, Self

import click
from tqdm import tqdm

from samtracker.cli.interruption import Interruption
from samtracker.jobs.resume import Job
from samtracker.live.events import QUIT, Key
from samtracker.live.window import Window
from samtracker.results.overlay import overlay
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame, VideoReader

LOG_INTERVAL = 10.0
"""Seconds between two states of the progress bar where standard error is no terminal."""

CLOSING = (QUIT, Key("escape"))
"""What ends a job in its window."""


class Progress:
    """Shows the frames as they are tracked, and says when the user wants to stop.

    Args:
        job: what is done.
        reader: of its source.
        window: for the overlay.
        interruption: of the job.
        done: frames that an interrupted job had tracked; they only have to be written again.
    """

    def __init__(
        self,
        job: Job,
        reader: VideoReader,
        window: Window | None,
        interruption: Interruption,
        *,
        done: int = 0,
    ) -> None:
        self._total = _expected(job, reader)
        self._window = window
        self._interruption = interruption
        self._done = done

    def __enter__(self) -> Self:
        # What takes a moment only needs no bar.
        restoring = {"total": self._done, "desc": "restoring", "leave": False, "delay": 1}
        self._bar = _bar(**restoring) if self._done else self._new()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def __call__(self, frame: VideoFrame, result: FrameResult) -> bool:
        """Show a frame; False once the user wants to stop."""
        if result.index < self._done:
            self._bar.update()
            if result.index == self._done - 1:
                self._bar.close()
                self._bar = self._new()
            return not self._interruption.requested
        states = " ".join(f"{item.id}:{item.state}" for item in result.objects[:4])
        more = len(result.objects) - 4
        self._bar.set_postfix_str(states + (f" +{more}" if more > 0 else ""), refresh=False)
        self._bar.update()
        if self._interruption.requested:
            return False
        if self._window is None:
            return True
        self._window.show(overlay(frame.image, result))
        return not any(event in CLOSING for event in self._window.events())

    def _new(self) -> tqdm[Any]:
        """The bar of the frames that are tracked."""
        if self._done:
            click.echo(f"going on after {self._done} frame{'s' * (self._done > 1)}", err=True)
        return _bar(total=self._total, initial=self._done)


def _bar(**settings: Any) -> tqdm[Any]:
    interval = 0.1 if sys.stderr.isatty() else LOG_INTERVAL
    return tqdm(unit="frame", file=sys.stderr, mininterval=interval, **settings)


def _expected(job: Job, reader: VideoReader) -> int | None:
    """How many frames there will be, for the time left; None for a live source."""
    frames, fps = reader.info.frames, reader.info.fps
    if frames is None or fps is None:
        return None
    last = frames if job.end is None else min(frames, math.ceil(job.end * fps))
    return max(1, math.ceil((last - math.ceil(job.start * fps)) / job.stride))
