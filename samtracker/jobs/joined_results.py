"""The results of both directions as one: each object's mask is that of one of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from dataclasses import replace
from heapq import merge
from itertools import groupby, pairwise

import numpy as np

from samtracker.jobs.pass_results import PassResults
from samtracker.results.directions import take_apart, take_backward
from samtracker.types import FrameResult


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
    """

    def __init__(self, forward: PassResults, backward: PassResults) -> None:
        self._passes = (forward, backward)
        self.times = array("d", (time for time, _ in groupby(merge(forward.times, backward.times))))
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
        return replace(like, index=place, objects=take_apart(objects))

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
