"""One live job on the command line: track, show or print, record, say how it ended."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from samtracker.cli.interruption import Interruption
from samtracker.cli.model import build_tracker
from samtracker.errors import ConfigError, OutputError, VideoError
from samtracker.job import FALLBACK_FPS, FirstFrame
from samtracker.live.deadline import Deadline
from samtracker.live.follow import WAIT, Latency, LiveStep, follow
from samtracker.live.source import LiveFrame, LiveSource
from samtracker.live.window import Window
from samtracker.render import caption, overlay
from samtracker.tracker import Tracker
from samtracker.types import Frame, FrameResult
from samtracker.video import VideoFrame
from samtracker.video_encoder import FPS_RANGE
from samtracker.video_writer import VideoWriter

START = 15.0
"""Seconds to wait for the first frame."""

QUIET = 4
"""Waits without a frame after which the user is told."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What the user wants; see the options of `samtrack live`.

    Attributes:
        prompts: None to draw a box in the window.
    """

    source: str
    prompts: FirstFrame | None
    deadline: float | None
    record: Path | None
    overwrite: bool
    headless: bool
    model: dict[str, Any]


def run(request: Request) -> None:
    """Track until the source ends, the window is closed or Ctrl-C is pressed.

    Raises:
        SamTrackerError: nothing can be tracked, or the recording cannot be written.
    """
    if request.record is not None and request.record.exists() and not request.overwrite:
        raise OutputError(f"'{request.record}' exists already: choose another, or --overwrite")
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption())
        window = None if request.headless else stack.enter_context(Window("samtrack"))
        source = stack.enter_context(LiveSource(request.source))
        tracker = build_tracker(**request.model)
        deadline = _deadline(request, tracker)
        recorder = _recorder(request.record, source, stack)
        frame = source.read(START)
        if frame is None:
            raise VideoError(f"'{request.source}' gives no frames: check that it is running")
        first = _start(request, tracker, frame, window)
        interruption.deferred = True
        show = _Display(window, recorder, source)
        go_on = show(LiveStep(frame=frame, result=first, seconds=0.0, size=tracker.config.size))
        quiet = 0
        for step in follow(tracker, source, deadline):
            if interruption.requested or not go_on:
                break
            if step is not None:
                quiet, go_on = 0, show(step)
                continue
            quiet += 1
            go_on = show.wait(f"no frames for {quiet * WAIT:g} s")
            if quiet == QUIET:
                click.echo(f"no frames for {QUIET * WAIT:g} s: waiting for the source", err=True)
    click.echo(show.summary, err=True)


def _deadline(request: Request, tracker: Tracker) -> Deadline | None:
    if request.deadline is None:
        return None
    network = tracker.runtime.network
    if network.config.encoder != "lite":
        raise ConfigError(
            f"--deadline {request.deadline:g} does not fit: {network.config.encoder} works at one "
            "size only"
        )
    return Deadline(request.deadline, tracker.config.size or 480)


def _recorder(path: Path | None, source: LiveSource, stack: ExitStack) -> VideoWriter | None:
    if path is None:
        return None
    lowest, highest = FPS_RANGE
    fps = min(max(source.fps or FALLBACK_FPS, lowest), highest)
    return stack.enter_context(VideoWriter(path, fps=fps))


def _start(
    request: Request, tracker: Tracker, frame: LiveFrame, window: Window | None
) -> FrameResult:
    image = VideoFrame(index=frame.index, time=frame.time, image=frame.image)
    prompts = request.prompts
    if prompts is None:
        assert window is not None  # headless, there are prompts
        prompts = FirstFrame(boxes=(window.draw_box(frame.image),))
    masks = prompts.read_masks((frame.image.shape[0], frame.image.shape[1]))
    return prompts.start(tracker, image, masks)[0]


class _Display:
    """Shows or prints each step, and records it."""

    def __init__(
        self, window: Window | None, recorder: VideoWriter | None, source: LiveSource
    ) -> None:
        self._window = window
        self._recorder = recorder
        self._source = source
        self._latency = Latency()
        self._shown = 0
        self._last: Frame | None = None

    def __call__(self, step: LiveStep) -> bool:
        """False once the user wants to stop."""
        go_on = True
        if self._window is not None or self._recorder is not None:
            picture = self._picture(step)
            if self._recorder is not None:
                self._recorder.write(picture, step.frame.time)
            if self._window is not None:
                go_on = self._window.show(picture)
            self._last = picture
        seconds = self._latency.add(step.frame.captured)
        self._shown += 1
        if self._window is None:
            click.echo(json.dumps(self._line(step, seconds)))
        return go_on

    def wait(self, text: str) -> bool:
        """Say in the window why the picture stands still; False once the user wants to stop."""
        if self._window is None or self._last is None:
            return True
        return self._window.show(caption(self._last.copy(), text))

    def _picture(self, step: LiveStep) -> Frame:
        image = step.frame.image
        drawn = image.copy() if step.result is None else overlay(image, step.result)
        return caption(drawn, self._numbers(step))

    def _numbers(self, step: LiveStep) -> str:
        late = [f"{1000 * self._latency.percentile(percent):.0f}" for percent in (50, 95)]
        fps = 1 / step.seconds if step.seconds else 0.0
        return f"{fps:.1f} fps  latency {late[0]}/{late[1]} ms  dropped {self._source.dropped}"

    def _line(self, step: LiveStep, seconds: float) -> dict[str, Any]:
        objects = () if step.result is None else step.result.objects
        return {
            "frame": step.frame.index,
            "time": round(step.frame.time, 4),
            "latency_ms": round(1000 * seconds, 1),
            "step_ms": round(1000 * step.seconds, 1),
            "size": step.size,
            "dropped": self._source.dropped,
            "reconnects": self._source.reconnects,
            "objects": [
                {
                    "id": item.id,
                    "state": item.state.value,
                    "score": round(item.score, 4),
                    "box": item.box,
                }
                for item in objects
            ],
        }

    @property
    def summary(self) -> str:
        """One line on how it went."""
        late = [f"{1000 * self._latency.percentile(percent):.0f}" for percent in (50, 95)]
        return (
            f"tracked {self._shown} of {self._source.received} frames, dropped "
            f"{self._source.dropped}; latency {late[0]} ms, 95th percentile {late[1]} ms; "
            f"connected again {self._source.reconnects} times"
        )
