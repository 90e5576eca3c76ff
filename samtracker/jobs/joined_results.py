"""The results of both directions as one: each object's mask is that of one of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from heapq import merge
from itertools import groupby, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from samtracker.jobs.pass_results import PassResults
from samtracker.types import FrameResult, TrackedObject, mask_box

HYSTERESIS: Final = 5.0
"""Sum of scores, 0 to 1 in each frame, that a change of the direction must gain."""

AGING: Final = 0.05
"""What a score loses from one prompt to the next: masks get worse with time, and do not tell."""


class JoinedResults:
    """The results of a forward and a backward pass over the same frames.

    In a frame in which the user gave an object's mask, and behind the last of these, it is the
    mask of the forward pass; before the first of them, that of the backward pass. For what lies
    between two see `take_backward`.

    Args:
        forward: Results of the forward pass.
        backward: Results of the backward pass.

    Attributes:
        times: Rising times of the frames, in seconds.
        cuts: Cuts to another scene, in their order, each once.
    """

    def __init__(self, forward: PassResults, backward: PassResults) -> None:
        self._passes = (forward, backward)
        self.times = array("d", (time for time, _ in groupby(merge(forward.times, backward.times))))
        cuts = {cut.frame: cut for one in self._passes for cut in one.cuts}
        self.cuts = [cut for _, cut in sorted(cuts.items())]
        self._backward = {number: self._directions(number) for number in forward.prompted}

    def at(self, time: float) -> FrameResult | None:
        """Return the result of the frame at a time; None for none.

        Raises:
            OutputError: A journal is damaged.
        """
        place = bisect_left(self.times, time)
        if place == len(self.times) or self.times[place] != time:
            return None
        found = [one.at(time) for one in self._passes]
        items = [{item.id: item for item in result.objects} if result else {} for result in found]
        objects = []
        for number in sorted(items[0].keys() | items[1].keys()):
            chosen = self._backward[number][place]
            objects.append(items[chosen].get(number) or items[1 - chosen][number])
        like = found[0] or found[1]
        assert like is not None, "one of the passes has the frame"
        return replace(like, index=place, objects=_apart(objects))

    def _directions(self, number: int) -> bytearray:
        """Return for each frame whether an object's mask is that of the backward pass, 1 or 0."""
        prompted = self._passes[0].prompted[number]
        chosen = bytearray(len(self.times))
        first = bisect_left(self.times, prompted[0])
        chosen[:first] = b"\1" * first
        for begin, end in pairwise(prompted):
            between = slice(bisect_right(self.times, begin), bisect_left(self.times, end))
            forward, backward = (
                np.array([one.score(number, time) for time in self.times[between]])
                for one in self._passes
            )
            chosen[between] = take_backward(forward, backward).tobytes()
        return chosen


def take_backward(forward: NDArray[np.float64], backward: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Choose between two directions for each frame between two prompts.

    They are chosen for the largest sum of scores (Viterbi's algorithm), from forward at the first
    prompt to backward at the second: each change costs `HYSTERESIS`, so that there is one unless
    each direction is plainly better for some time beyond it.

    Args:
        forward: Scores (n,) of an object in the forward pass, 0 to 1; NaN where it is not there.
        backward: Scores (n,) in the backward pass.

    Returns:
        Bool (n,), True for backward.
    """
    scores = np.nan_to_num(np.stack([forward, backward], axis=1), nan=-1.0)
    way = (np.arange(len(scores)) + 1) / (len(scores) + 1)
    scores -= AGING * np.stack([way, 1 - way], axis=1)
    best = np.array([0.0, -np.inf])
    came_from = []
    for score in scores:
        changed = best[::-1] - HYSTERESIS
        came_from.append(np.where(changed > best, (1, 0), (0, 1)))
        best = np.maximum(best, changed) + score
    chosen = int(best[1] > best[0] - HYSTERESIS)
    directions = np.zeros(len(scores), np.bool_)
    for place in reversed(range(len(scores))):
        directions[place] = chosen
        chosen = came_from[place][chosen]
    return directions


def _apart(items: Sequence[TrackedObject]) -> tuple[TrackedObject, ...]:
    """Give each pixel to one object, the surest one that claims it."""
    apart: dict[int, TrackedObject] = {}
    for item in sorted(items, key=lambda item: item.score, reverse=True):
        mask = item.mask
        for other in apart.values():
            mask = mask & ~other.mask
        same = np.array_equal(mask, item.mask)
        apart[item.id] = item if same else replace(item, mask=mask, box=mask_box(mask))
    return tuple(apart[item.id] for item in items)
