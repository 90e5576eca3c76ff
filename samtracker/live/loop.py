"""The live loop, which tracks the newest frame again and again until the source ends."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from samtracker.live.deadline import Deadline
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.live_source import LiveFrame, LiveSource

WAIT = 0.1
"""Seconds to wait for a frame before saying that there is none."""

_RECENT = 300


@dataclass(frozen=True, kw_only=True)
class LiveStep:
    """A frame that came, and what was found in it.

    Attributes:
        frame: Frame as it came.
        result: Result of the frame; None before anything is tracked.
        seconds: Time that the step took.
        size: Short side of the working image in pixels; None for the encoder's own.
    """

    frame: LiveFrame
    result: FrameResult | None
    seconds: float
    size: int | None


@dataclass
class Latency:
    """Measures the time from capture to display, over the last frames."""

    _seconds: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def add(self, captured: float) -> float:
        """Add a frame that is shown now.

        Args:
            captured: `time.monotonic()` when the frame was captured.

        Returns:
            Latency of the frame in seconds.
        """
        self._seconds.append(time.monotonic() - captured)
        return self._seconds[-1]

    def percentile(self, percent: float) -> float:
        """Return a percentile of the latency in seconds; 0 before the first frame."""
        return float(np.percentile(self._seconds, percent)) if self._seconds else 0.0


class Rate:
    """Measures how many frames are shown in a second, over the last frames."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_RECENT // 10)

    def add(self, time: float) -> None:
        """Add a frame that was shown at this moment, in seconds."""
        self._times.append(time)

    @property
    def known(self) -> bool:
        """Whether frames have been shown at two different times."""
        return len(self._times) > 1 and self._times[-1] > self._times[0]

    @property
    def fps(self) -> float:
        """Frames per second; only where `known`."""
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])


def live_loop(
    tracker: Tracker,
    source: LiveSource,
    deadline: Deadline | None = None,
    hold: Callable[[], bool] = lambda: False,
) -> Iterator[LiveStep | None]:
    """Step through a source at its own speed.

    Args:
        tracker: Tracker whose stream goes on; one may be started between the steps.
        source: Source of the frames.
        deadline: Chooses the working size; None leaves it as it is.
        hold: Asked before each frame; while it answers True no frame is taken, and a file waits.

    Yields:
        A step for each frame that was taken; None if none came for a moment or none was taken.

    Raises:
        FrameError: The tracker's stream has frames of another size.
    """
    while True:
        source.paused = hold()
        if not source.paused and source.ended:
            return
        frame = None if source.paused else source.read(WAIT)
        if frame is None:
            yield None
            continue
        begin = time.perf_counter()
        result = tracker.step(frame.image, frame.time) if tracker.object_ids else None
        seconds = time.perf_counter() - begin
        yield LiveStep(frame=frame, result=result, seconds=seconds, size=tracker.config.size)
        if deadline is not None and result is not None:
            size = deadline.step(seconds)
            if size != tracker.config.size:
                tracker.resize(size)
