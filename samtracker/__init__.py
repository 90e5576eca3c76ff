"""Point at an object once; get its mask in every later frame, live.

::

    from samtracker import Tracker, overlay, read_frames

    tracker = Tracker.from_pretrained("lite")
    with read_frames("video.mp4") as frames:
        first = next(frames)
        result = tracker.init(first.image, box=(420, 130, 760, 650))
        for frame in frames:
            result = tracker.step(frame.image, frame.time)
            for item in result.objects:
                print(result.index, item.id, item.state, item.box, item.score)
            picture = overlay(frame.image, result)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from samtracker._version import __version__ as __version__
from samtracker.config import TrackerConfig
from samtracker.errors import (
    ConfigError,
    FrameError,
    OutputError,
    PromptError,
    SamTrackerError,
    VideoError,
    WeightsError,
)
from samtracker.process_settings import bound_spinning
from samtracker.types import FrameResult, State, TrackedObject

bound_spinning()  # here, for torch is imported later

if TYPE_CHECKING:
    from samtracker.results.overlay import overlay
    from samtracker.tracker import Tracker
    from samtracker.video.read import read_frames
    from samtracker.video.write import VideoWriter

__all__ = [
    "ConfigError",
    "FrameError",
    "FrameResult",
    "OutputError",
    "PromptError",
    "SamTrackerError",
    "State",
    "TrackedObject",
    "Tracker",
    "TrackerConfig",
    "VideoError",
    "VideoWriter",
    "WeightsError",
    "overlay",
    "read_frames",
]

_HOMES = {
    "Tracker": "samtracker.tracker",
    "VideoWriter": "samtracker.video.write",
    "overlay": "samtracker.results.overlay",
    "read_frames": "samtracker.video.read",
}


def __getattr__(name: str) -> Any:
    """Import what needs torch, OpenCV or libav only when it is asked for; `--help` stays quick."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import samtracker.opencv.required  # noqa: F401

    return getattr(import_module(_HOMES[name]), name)
