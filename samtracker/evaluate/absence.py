"""What a tracker does while its object is absent, and how soon it recovers the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

FOUND: Final = 0.5
"""J from which on an object that came back counts as recovered."""


@dataclass(frozen=True, kw_only=True)
class Absence:
    """How often an object was absent, and what the predictions said then.

    Attributes:
        frames: Number of frames in which the truth does not show the object, after one in which
            it does.
        false_masks: Number of those frames in which the prediction has a mask all the same.
        recovery_delays: For each return of the object the number of frames until it is
            recovered, 0 if it is at once; None if it is not before it leaves again or the clip
            ends.
    """

    frames: int
    false_masks: int
    recovery_delays: tuple[int | None, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the values as `results.json` holds them."""
        return {
            "frames": self.frames,
            "false_masks": self.false_masks,
            "waits": self.recovery_delays,
        }


def absence(
    present: Sequence[bool], predicted: Sequence[bool], j: Sequence[float], *, seen: bool = False
) -> Absence:
    """Count over the frames of a clip.

    Args:
        present: Whether the truth shows the object, frame by frame.
        predicted: Whether the prediction has a mask for it.
        j: Region similarity, 0 to 1.
        seen: Whether the object was present just before the first of these frames.

    >>> absence([True, False, False, True, True], [True, True, False, False, True],
    ...         [0.9, 0.0, 1.0, 0.0, 0.8])
    Absence(frames=2, false_masks=1, recovery_delays=(1,))
    """
    frames = false_masks = 0
    delays: list[int | None] = []
    since, before = None, seen
    for number, shown in enumerate(present):
        if shown:
            if seen and not before:
                delays.append(None)
                since = number
            if since is not None and j[number] >= FOUND:
                delays[-1] = number - since
                since = None
            seen = True
        elif seen:
            frames += 1
            false_masks += predicted[number]
            since = None
        before = shown
    return Absence(frames=frames, false_masks=false_masks, recovery_delays=tuple(delays))
