"""What a tracker asks of the frames, times and ids it is given."""

from __future__ import annotations

import math
import reprlib
from typing import SupportsFloat

import numpy as np

from samtracker.errors import FrameError, PromptError
from samtracker.types import Frame, Size

MAX_ID = 65535
"""Largest object id; id maps are uint16."""


def check_frame(frame: Frame, *, size: Size | None = None) -> None:
    """Check that a frame is RGB uint8 (H, W, 3), and of the stream's size if that is given.

    Raises:
        FrameError: It is not.
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        kind = getattr(frame, "dtype", type(frame).__name__)
        raise FrameError(f"the frame is {kind}: give an RGB uint8 array (H, W, 3)")
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        raise FrameError(f"the frame has shape {frame.shape}: give an RGB uint8 array (H, W, 3)")
    if size is not None and frame.shape[:2] != size:
        (height, width), (rows, columns) = frame.shape[:2], size
        raise FrameError(
            f"the frame is {width}x{height} but the stream is {columns}x{rows}: "
            "resize it, or call init to start a new stream"
        )


def checked_time(timestamp: float | None) -> float | None:
    """Return the time of a frame as a float; None stays None.

    Raises:
        FrameError: It is no number, or not finite.
    """
    if timestamp is None:
        return None
    try:
        if not isinstance(timestamp, SupportsFloat):  # float would read a str
            raise TypeError
        time = float(timestamp)
    except (TypeError, ValueError, OverflowError):
        time = math.nan
    if not math.isfinite(time):
        raise FrameError(
            f"timestamp={reprlib.repr(timestamp)} is no time: give seconds as a float, or None"
        )
    return time


def check_id(object_id: int, *, above: int) -> None:
    """Check that an id is a whole number above `above` and at most `MAX_ID`.

    Raises:
        PromptError: It is not.
    """
    if not isinstance(object_id, (int, np.integer)):
        raise PromptError(f"object_id={reprlib.repr(object_id)} is no whole number: give an int")
    if not above < object_id <= MAX_ID:
        raise PromptError(
            f"object_id={reprlib.repr(object_id)} cannot be used: ids are never used twice, "
            f"give one from {above + 1} to {MAX_ID}"
        )
