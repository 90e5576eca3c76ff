"""One live job on the command line: track, show or print, record, say how it ended."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.messages import with_options
from samtracker.cli.model import build_tracker
from samtracker.errors import ConfigError, OutputError, VideoError
from samtracker.files import writing
from samtracker.jobs import FirstPrompts
from samtracker.jobs.log import check_log, keeping_log
from samtracker.live.controls import Controls
from samtracker.live.deadline import Deadline
from samtracker.live.loop import LiveStep, live_loop
from samtracker.live.recorder import OverlayRecorder
from samtracker.live.views import JsonLinesView, View, WindowView
from samtracker.live.window import Window
from samtracker.model.lite import DEFAULT_SIZE
from samtracker.results.inputs import refuse_inputs
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.encoder import output_fps
from samtracker.video.live_source import LiveFrame, LiveSource
from samtracker.video.read import VideoFrame
from samtracker.video.recording import recording_partial

START = 15.0
"""Seconds to wait for the first frame."""

QUIET = 2.0
"""Seconds without a frame after which the user is told."""


@dataclass(frozen=True, kw_only=True)
class LiveRequest:
    """What the user wants; see the options of `samtrack live`.

    Attributes:
        prompts: What to track; None to point at objects in the window.
    """

    source: str
    stream: int | None
    prompts: FirstPrompts | None
    deadline: float | None
    give_up: float
    record: Path | None
    log: Path | None
    overwrite: bool
    headless: bool
    model: dict[str, Any]


def run_live(request: LiveRequest) -> None:
    """Track until the source ends, the window is closed or Ctrl-C is pressed.

    Raises:
        SamTrackerError: Nothing can be tracked, or, at the end, not all was read, recorded or
            logged.
        SystemExit: With 130 after Ctrl-C; recording and log are complete.
    """
    _check_record(request)
    check_log(request.log, overwrite=request.overwrite)
    log_failures: list[OutputError] = []
    with ExitStack() as stack:
        interruption = stack.enter_context(Interruption())
        window = None if request.headless else stack.enter_context(Window("samtrack"))
        tracker = build_tracker(**request.model)
        stack.enter_context(keeping_log(request.log, tracker, request.source, log_failures.append))
        # Only now, or a file would have played for seconds when its first frame is taken.
        source = stack.enter_context(
            LiveSource(request.source, stream=request.stream, give_up=request.give_up)
        )
        for note in source.notes:
            click.echo(f"note: {with_options(note)}", err=True)
        deadline = _deadline(request, tracker)
        recorder = _recorder(request.record, source, stack)
        frame = source.read(START)
        if frame is None:
            none = VideoError(f"'{request.source}' gives no frames: check that it is running")
            raise source.failure or none
        prompts = request.prompts
        result = None if prompts is None else _start(prompts, tracker, frame, request.source)
        screen: View
        if window is None:
            screen = JsonLinesView(source, recorder, click.echo, partial(click.echo, err=True))
        else:
            screen = WindowView(window, Controls(tracker), source, recorder, Path())
        notices = _Notices(source)
        interruption.deferred = True
        screen.show(LiveStep(frame=frame, result=result, seconds=0.0, size=tracker.config.size))
        shown = 1
        for step in live_loop(tracker, source, deadline, lambda: screen.holding):
            if interruption.requested:
                break
            if step is not None:
                screen.show(step)
                shown += 1
            else:
                screen.idle()
            notices.see(came=step is not None, holding=screen.holding)
            if screen.done:
                break
        click.echo(_summary(shown, source, screen), err=True)
    ended = (source.failure, recorder.failure, *log_failures)
    failures = [failure for failure in ended if failure is not None]
    if failures:
        raise type(failures[0])("; ".join(map(str, failures)))
    if interruption.requested:
        raise SystemExit(EXIT_CODE)


class _Notices:
    """Tells the user, once each time, that no frames come, and that they have another size."""

    def __init__(self, source: LiveSource) -> None:
        self._source = source
        self._size = source.size
        self._last, self._waiting = time.monotonic(), False

    def see(self, *, came: bool, holding: bool) -> None:
        """Take note of a moment: whether a frame came in it, and whether none was asked for."""
        now = time.monotonic()
        quiet = now - self._last
        if self._waiting and came:
            click.echo(f"frames come again after {quiet:.0f} s", err=True)
        if came or holding:
            self._last, self._waiting = now, False
        elif not self._waiting and quiet > QUIET:
            click.echo(f"no frames for {QUIET:g} s: waiting for the source", err=True)
            self._waiting = True
        size = self._source.sent_size
        if size != self._size:
            (height, width), (rows, columns) = size, self._source.size
            scaled = "" if size == self._source.size else f", scaled to {columns}x{rows}"
            click.echo(f"the source sends {width}x{height} pixels now{scaled}", err=True)
            self._size = size


def _check_record(request: LiveRequest) -> None:
    record = request.record
    if record is None:
        return
    if record.suffix.lower() != ".mp4":
        raise ConfigError(f"--record '{record}' would be no MP4: give a name that ends in .mp4")
    masks = () if request.prompts is None else (request.prompts.mask,)
    left = recording_partial(record)
    for path in (record, left):
        refuse_inputs(path, (request.source, request.log, request.model["weights"], *masks))
    with writing(record):
        if record.exists() and not request.overwrite:
            raise OutputError(f"'{record}' exists already: choose another, or --overwrite")
        if left.exists() and left.stat().st_size and not request.overwrite:
            raise OutputError(
                f"'{left}' is a recording that was never finished, but can be played: move it "
                "away, or --overwrite"
            )


def _deadline(request: LiveRequest, tracker: Tracker) -> Deadline | None:
    if request.deadline is None:
        return None
    network = tracker.runtime.network
    if network.config.encoder != "lite":
        raise ConfigError(
            f"--deadline {request.deadline:g} does not fit: {network.config.encoder} works at one "
            "size only"
        )
    deadline = Deadline(request.deadline, tracker.config.size or DEFAULT_SIZE)
    tracker.resize(deadline.size)
    return deadline


def _recorder(path: Path | None, source: LiveSource, stack: ExitStack) -> OverlayRecorder:
    """Record from the start if there is a path, and else when a key is pressed."""
    recorder = OverlayRecorder(path, output_fps(source.fps), source.sample_aspect_ratio)
    stack.callback(_finish, recorder)
    if path is not None:
        recorder.start()
    return recorder


def _finish(recorder: OverlayRecorder) -> None:
    recorder.stop()
    for path in recorder.kept:
        click.echo(f"recorded {path}", err=True)


def _start(prompts: FirstPrompts, tracker: Tracker, frame: LiveFrame, source: str) -> FrameResult:
    image = VideoFrame(index=frame.index, time=frame.time, image=frame.image)
    size = (frame.image.shape[0], frame.image.shape[1])
    objects = prompts.read_objects(size, str(source))
    return prompts.start(tracker, image, objects)[0]


def _summary(shown: int, source: LiveSource, screen: View) -> str:
    """Return one line on how it went."""
    late = [f"{1000 * screen.latency.percentile(percent):.0f}" for percent in (50, 95)]
    return (
        f"tracked {shown} of {source.received} frames, dropped {source.dropped}; "
        f"latency {late[0]} ms, 95th percentile {late[1]} ms; "
        f"connected again {source.reconnects} times"
    )
