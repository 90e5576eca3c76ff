"""What was tracked in both directions as one: each object's mask is that of one of them."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from samtracker.results.directions import take_apart, take_backward
from samtracker.serve.tracked_pass import Found, TrackedPass


class JoinedPasses:
    """A forward and a backward pass over a clip, joined by the rules of `samtrack track`.

    In a frame with a prompt of an object, and behind the last of these, its mask is that of the
    forward pass; before the first of them, that of the backward pass. For what lies between two
    see `take_backward`; until both passes have come through there it is that of the forward pass.

    Args:
        prompted: For each object the frames with a prompt, rising; in the order of a stream.
        forward: The forward pass.
        backward: The backward pass.
    """

    def __init__(
        self, prompted: Mapping[int, Sequence[int]], forward: TrackedPass, backward: TrackedPass
    ) -> None:
        self._prompted = prompted
        self._passes = (forward, backward)
        self._between: dict[tuple[int, int], NDArray[np.bool_]] = {}

    def claims(self, frame: int) -> list[Found]:
        """Return the objects in a frame, whose masks may overlap, in the order of a stream."""
        items = [{item.id: item for item in one.at(frame)} for one in self._passes]
        claims = []
        for number in self._prompted:
            chosen = self._is_backward(number, frame)
            item = items[chosen].get(number) or items[not chosen].get(number)
            if item is not None:
                claims.append(item)
        return claims

    def at(self, frame: int) -> tuple[Found, ...]:
        """Return the objects in a frame, in the order of their ids."""
        claims = self.claims(frame)
        if any(_are_all_in(claims, one.at(frame)) for one in self._passes):
            return tuple(sorted(claims, key=lambda item: item.id))
        apart = take_apart([item.to_object() for item in claims])
        return tuple(Found.of(item, item.id) for item in sorted(apart, key=lambda item: item.id))

    @property
    def clean(self) -> tuple[int, int] | None:
        """The first and the last frame that are up to date; None for none."""
        parts = [self._clean_part(frames) for frames in self._prompted.values()]
        first = max((part[0] for part in parts), default=0)
        last = min((part[1] for part in parts), default=-1)
        return (first, last) if first <= last else None

    def _clean_part(self, prompted: Sequence[int]) -> tuple[int, int]:
        """Return the first and the last frame that are up to date for an object."""
        forward, backward = self._passes
        assert forward.clean is not None, "there is a prompt"
        assert backward.clean is not None, "there is a prompt"
        first, last = backward.clean, forward.clean
        if not backward.reaches(prompted[0]):
            first = min((at for at in prompted if backward.reaches(at)), default=prompted[-1])
        if not forward.reaches(prompted[-1]):
            last = max((at for at in prompted if forward.reaches(at)), default=prompted[0])
        return first, last

    def _is_backward(self, number: int, frame: int) -> bool:
        prompted = self._prompted[number]
        place = bisect_left(prompted, frame)
        if place == 0:
            return frame < prompted[0]
        if place == len(prompted) or prompted[place] == frame:
            return False
        begin, end = prompted[place - 1 : place + 1]
        forward, backward = self._passes
        if not (forward.reaches(end) and backward.reaches(begin)):
            return False
        if (number, begin) not in self._between:
            frames = range(begin + 1, end)
            scores = (np.array([_score(one, number, at) for at in frames]) for one in self._passes)
            self._between[number, begin] = take_backward(*scores)
        return bool(self._between[number, begin][frame - begin - 1])


def _score(one: TrackedPass, number: int, frame: int) -> float:
    return next((item.score for item in one.at(frame) if item.id == number), math.nan)


def _are_all_in(claims: Sequence[Found], found: Sequence[Found]) -> bool:
    """Return whether objects all come from one pass, in which no two overlap."""
    return all(any(item is other for other in found) for item in claims)
