"""What a tracker does while its object is away, and how soon it has it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

FOUND = 0.5
"""J from which on an object that came back counts as found."""


@dataclass(frozen=True, kw_only=True)
class Absence:
    """Of one object.

    Attributes:
        frames: in which the truth does not show it, after one in which it does.
        false_masks: those of them in which the prediction has a mask all the same.
        waits: for each return, the frames until it is found, 0 if it is found at once; None where
            it is not before it leaves again or the clip ends.
    """

    frames: int
    false_masks: int
    waits: tuple[int | None, ...]


def absence(
    there: Sequence[bool], claimed: Sequence[bool], j: Sequence[float], *, seen: bool = False
) -> Absence:
    """Count over the frames of a clip.

    Args:
        there: whether the truth shows the object.
        claimed: whether the prediction has a mask for it.
        j: region similarity.
        seen: whether it was there just before the first of these frames.

    >>> absence([True, False, False, True, True], [True, True, False, False, True],
    ...         [0.9, 0.0, 1.0, 0.0, 0.8])
    Absence(frames=2, false_masks=1, waits=(1,))
    """
    frames = false_masks = 0
    waits: list[int | None] = []
    since, before = None, seen
    for number, shown in enumerate(there):
        if shown:
            if seen and not before:
                waits.append(None)
                since = number
            if since is not None and j[number] >= FOUND:
                waits[-1] = number - since
                since = None
            seen = True
        elif seen:
            frames += 1
            false_masks += claimed[number]
            since = None
        before = shown
    return Absence(frames=frames, false_masks=false_masks, waits=tuple(waits))
