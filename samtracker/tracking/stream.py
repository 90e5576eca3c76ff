"""Results of a tracker for the frames of a source, as they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from samtracker.types import Frame, FrameResult

PATIENCE = 0.5
"""Seconds to wait for a live frame before looking whether there will be one at all."""


@dataclass(frozen=True, kw_only=True, eq=False)
class StreamResult(FrameResult):
    """What was found in a frame of a source, and the frame.

    Attributes:
        image: RGB uint8 (H, W, 3).
    """

    image: Frame


class Streamable(Protocol):
    """What a stream asks of a tracker."""

    def init(
        self,
        frame: Frame,
        *,
        mask: Any = None,
        box: Any = None,
        points: Any = None,
        timestamp: float | None = None,
    ) -> FrameResult:
        """Start a stream; see `Tracker.init`."""
        ...

    def step(self, frame: Frame, timestamp: float | None = None) -> FrameResult:
        """Find every object in the next frame; see `Tracker.step`."""
        ...


def stream(
    tracker: Streamable, source: str | Path | int, *, realtime: bool, prompt: dict[str, Any]
) -> Iterator[StreamResult]:
    """Track through a source; see `Tracker.stream`.

    Video is imported only when a source is opened: a tracker that is given its frames does without.

    Args:
        tracker: Tracker that finds the objects.
        source: Source of the frames, see `read_frames`.
        realtime: Whether to take the newest frame each time.
        prompt: Arguments of `Tracker.init` in the first frame; if all are None the stream goes on.

    Yields:
        The results, with their frames.
    """
    begins = any(value is not None for value in prompt.values())
    for image, time in _live(source) if realtime else _every(source):
        if begins:
            result = tracker.init(image, timestamp=time, **prompt)
            begins = False
        else:
            result = tracker.step(image, time)
        yield StreamResult(
            index=result.index,
            timestamp=result.timestamp,
            size=result.size,
            objects=result.objects,
            image=image,
        )


def _every(source: str | Path | int) -> Iterator[tuple[Frame, float]]:
    from samtracker.video.read import read_frames

    with read_frames(source) as frames:
        for frame in frames:
            yield frame.image, frame.time
        frames.check_complete()


def _live(source: str | Path | int) -> Iterator[tuple[Frame, float]]:
    from samtracker.video.live_source import LiveSource

    with LiveSource(source) as live:
        while not live.ended:
            frame = live.read(PATIENCE)
            if frame is not None:
                yield frame.image, frame.time
        if live.failure is not None:
            raise live.failure
