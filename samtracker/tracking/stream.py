"""Results of a tracker for the frames of a source, as they come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samtracker.types import Frame, FrameResult
from samtracker.video.live_source import LiveSource
from samtracker.video.read import read_frames

if TYPE_CHECKING:
    from samtracker.tracker import Tracker

PATIENCE = 0.5
"""Seconds to wait for a live frame before looking whether there will be one at all."""


@dataclass(frozen=True, kw_only=True)
class StreamResult(FrameResult):
    """What was found in a frame of a source, and the frame.

    Attributes:
        image: RGB uint8 (H, W, 3).
    """

    image: Frame


def stream(
    tracker: Tracker, source: str | Path | int, *, realtime: bool, prompt: dict[str, Any]
) -> Iterator[StreamResult]:
    """See `Tracker.stream`; without a prompt its stream goes on."""
    for image, time in _live(source) if realtime else _every(source):
        if prompt:
            result = tracker.init(image, timestamp=time, **prompt)
            prompt = {}
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
    with read_frames(source) as frames:
        for frame in frames:
            yield frame.image, frame.time
        frames.check_complete()


def _live(source: str | Path | int) -> Iterator[tuple[Frame, float]]:
    with LiveSource(source) as live:
        while not live.ended:
            frame = live.read(PATIENCE)
            if frame is not None:
                yield frame.image, frame.time
        if live.failure is not None:
            raise live.failure
