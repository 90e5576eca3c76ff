"""What a tracker asks of the frames and ids it is given; see `types.check_frame` too."""

from __future__ import annotations

import numpy as np

from samtracker.errors import FrameError, PromptError
from samtracker.types import Frame

MAX_ID = 65535
"""Largest object id; id maps are uint16."""


def check_current(frame: Frame, current: Frame, index: int) -> None:
    """Check that a frame is the current one of a stream, which has a number there.

    Raises:
        FrameError: It is not.
    """
    if not np.array_equal(frame, current):
        raise FrameError(
            f"the frame is not the current one, number {index} of the stream: "
            "give the frame given last to init or step"
        )


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
