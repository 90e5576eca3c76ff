"""What a tracker asks of the frames and ids it is given."""

from __future__ import annotations

import numpy as np

from samtracker.errors import FrameError, PromptError
from samtracker.model.runtime import EncodedFrame
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


def check_current(frame: Frame, current: EncodedFrame | None, index: int) -> EncodedFrame:
    """Return the current frame of a stream as it was encoded, if a frame is that one.

    Raises:
        FrameError: It is not; the message says that the current one has this index.
    """
    check_frame(frame)
    if current is None or not np.array_equal(frame, current.image):
        raise FrameError(
            f"the frame is not the current one, number {index} of the stream: "
            "give the frame given last to init or step"
        )
    return current


def check_id(object_id: int, *, above: int) -> None:
    """Check that an id is a whole number above `above` and at most `MAX_ID`.

    Raises:
        PromptError: It is not.
    """
    if not isinstance(object_id, (int, np.integer)):
        raise PromptError(f"object_id={object_id!r} is no whole number: give an int")
    if not above < object_id <= MAX_ID:
        raise PromptError(
            f"object_id={object_id} cannot be used: ids are never used twice, "
            f"give one from {above + 1} to {MAX_ID}"
        )
