"""What a tracker asks of the ids it is given; of frames and times, see `types.check_frame`."""

from __future__ import annotations

import reprlib

import numpy as np

from samtracker.errors import PromptError

MAX_ID = 65535
"""Largest object id; id maps are uint16."""


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
