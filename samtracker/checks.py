"""What a tracker asks of the frames and ids it is given."""

from __future__ import annotations

import numpy as np

from samtracker.errors import FrameError, PromptError
from samtracker.types import Frame

MAX_ID = 65535
"""Largest object id; id maps are uint16."""


def check_frame(frame: Frame) -> None:
    """Pass if it is RGB uint8 (H, W, 3).

    Raises:
        FrameError: it is not.
    """
    if not isinstance(frame, np.ndarray) or frame.dtype != np.uint8:
        kind = getattr(frame, "dtype", type(frame).__name__)
        raise FrameError(f"the frame is {kind}: give an RGB uint8 array (H, W, 3)")
    if frame.ndim != 3 or frame.shape[2] != 3 or 0 in frame.shape:
        raise FrameError(f"the frame has shape {frame.shape}: give an RGB uint8 array (H, W, 3)")


def check_id(object_id: int, *, above: int) -> None:
    """Pass if it is a whole number above `above` and at most `MAX_ID`.

    Raises:
        PromptError: it is not.
    """
    if not isinstance(object_id, (int, np.integer)):
        raise PromptError(f"object_id={object_id!r} is no whole number: give an int")
    if not above < object_id <= MAX_ID:
        raise PromptError(
            f"object_id={object_id} cannot be used: ids are never used twice, "
            f"give one from {above + 1} to {MAX_ID}"
        )
