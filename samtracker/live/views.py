"""Views of a live stream: a window with controls, or lines of JSON."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from samtracker.errors import SamTrackerError
from samtracker.live.controls import Controls
from samtracker.live.events import Key
from samtracker.live.hud import draw_hud
from samtracker.live.loop import Latency, LiveStep, Rate
from samtracker.live.recorder import OverlayRecorder, snapshot
from samtracker.live.window import Window
from samtracker.results.overlay import overlay
from samtracker.types import Frame, FrameResult
from samtracker.video.live_source import LiveSource

BLINK = 0.03
"""Seconds between two looks at mouse and keys while the picture stands still."""

QUIET = 1.0
"""Seconds without a frame after which the window says so."""


class View(Protocol):
    """Shows the steps of a live stream.

    Attributes:
        latency: Time from the capture of a frame to the moment it is shown.
    """

    latency: Latency

    @property
    def done(self) -> bool:
        """Whether the user wants to stop."""
        ...

    @property
    def holding(self) -> bool:
        """Whether the picture is to stand still."""
        ...

    def show(self, step: LiveStep) -> None:
        """Show a step."""

    def idle(self) -> None:
        """Take note that no step came for a moment."""


class JsonLinesView:
    """Writes a line of JSON for each frame; there are no controls.

    Args:
        source: Source of the frames.
        recorder: Recorder that gets every frame.
        echo: Takes a line of JSON.
        warn: Takes a line for the user.
    """

    done = holding = False

    def __init__(
        self,
        source: LiveSource,
        recorder: OverlayRecorder,
        echo: Callable[[str], object],
        warn: Callable[[str], object],
    ) -> None:
        self.latency = Latency()
        self._source = source
        self._recorder = recorder
        self._echo = echo
        self._warn = warn

    def show(self, step: LiveStep) -> None:
        """Write the line of a step."""
        failure = _record(self._recorder, step)
        if failure:
            self._warn(failure)
        latency = self.latency.add(step.frame.captured)
        self._echo(json.dumps(self._line(step, latency)))

    def idle(self) -> None:
        """Do nothing, because there is nothing to write."""

    def _line(self, step: LiveStep, latency: float) -> dict[str, Any]:
        objects = () if step.result is None else step.result.objects
        return {
            "frame": step.frame.index,
            "time": round(step.frame.time, 4),
            "latency_ms": round(1000 * latency, 1),
            "step_ms": round(1000 * step.seconds, 1),
            "size": step.size,
            "dropped": self._source.dropped,
            "reconnects": self._source.reconnects,
            "objects": [
                {
                    "id": item.id,
                    "name": item.name,
                    "state": item.state.value,
                    "score": round(item.score, 4),
                    "box": item.box,
                }
                for item in objects
            ],
        }


class WindowView:
    """A window in which objects are pointed at, corrected and watched.

    Args:
        window: Window to show the frames in.
        controls: Controls that get mouse and keys.
        source: Source of the frames.
        recorder: Recorder that gets every frame while it records.
        folder: Folder for snapshots.
    """

    def __init__(
        self,
        window: Window,
        controls: Controls,
        source: LiveSource,
        recorder: OverlayRecorder,
        folder: Path,
    ) -> None:
        self.latency = Latency()
        self._window = window
        self._controls = controls
        self._source = source
        self._recorder = recorder
        self._folder = folder
        self._step: LiveStep | None = None
        self._came = time.monotonic()
        self._rate = Rate()

    @property
    def done(self) -> bool:
        """Whether the user wants to stop."""
        return self._controls.quit

    @property
    def holding(self) -> bool:
        """Whether the picture is to stand still."""
        return self._controls.holding

    def show(self, step: LiveStep) -> None:
        """Show a step, and do what mouse and keys ask for."""
        self._step, self._came = step, time.monotonic()
        self._rate.add(self._came)
        self._controls.show(step.frame, step.result)
        self._controls.message = _record(self._recorder, step) or self._controls.message
        self._refresh(wait=0.001)
        self.latency.add(step.frame.captured)

    def idle(self) -> None:
        """Do what mouse and keys ask for while no step comes."""
        if self.holding:
            self._came, self._rate = time.monotonic(), Rate()
        self._refresh(wait=BLINK if self.holding else 0.001)

    def _refresh(self, wait: float) -> None:
        if self._step is not None:
            numbers = self._numbers(self._step)
            self._window.show(draw_hud(self._step.frame.image, self._controls, numbers))
        for event in self._window.events(wait):
            if event in (Key("s"), Key("r")):
                self._keep(record=event == Key("r"))
            else:
                self._controls.handle(event)

    def _keep(self, *, record: bool) -> None:
        """Take a snapshot, or start or stop recording."""
        step, controls = self._step, self._controls
        controls.message = ""
        try:
            if not record and step is not None:
                picture = _drawn(step.frame.image, controls.result)
                controls.message = f"kept {snapshot(picture, controls.result, self._folder)}"
            elif record and self._recorder.recording:
                controls.message = self._stop_recording()
            elif record:
                self._recorder.start()
        except SamTrackerError as error:
            controls.message = str(error)

    def _stop_recording(self) -> str:
        """Stop recording, and return a message on what became of it."""
        earlier = self._recorder.failure
        path = self._recorder.stop()
        if self._recorder.failure is not earlier:
            return str(self._recorder.failure)
        return "nothing was recorded" if path is None else f"kept {path}"

    def _numbers(self, step: LiveStep) -> str:
        quiet = time.monotonic() - self._came
        if quiet > QUIET and not self.holding:
            return f"no frames for {quiet:.0f} s: waiting for the source"
        late = [f"{1000 * self.latency.percentile(percent):.0f}" for percent in (50, 95)]
        parts = [f"latency {late[0]}/{late[1]} ms", f"dropped {self._source.dropped}"]
        if self._rate.known:
            parts.insert(0, f"{self._rate.fps:.1f} fps")
        if self._recorder.recording:
            parts.append("REC")
        return "  ".join(parts)


def _record(recorder: OverlayRecorder, step: LiveStep) -> str:
    """Record a step, if there is a recording.

    Returns:
        Why the recording has ended, which does not end the session; empty if it has not.
    """
    if not recorder.recording:
        return ""
    picture = _drawn(step.frame.image, step.result)
    return "" if recorder.write(picture, step.frame.time) else str(recorder.failure)


def _drawn(image: Frame, result: FrameResult | None) -> Frame:
    return image if result is None else overlay(image, result, scores=True)
