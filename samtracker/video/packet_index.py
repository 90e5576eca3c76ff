"""Where the frames of a video file are, found without decoding any."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise


@dataclass(frozen=True, kw_only=True)
class KeyPacket:
    """A packet that decoding can begin at.

    Attributes:
        ticks: Time of its frame.
        dts: Time at which it is decoded; None where the file does not say.
    """

    ticks: int
    dts: int | None


class PacketIndex:
    """The times of the frames of a video, and the packets that decoding can begin at.

    Args:
        ticks: Times of the frames that are shown, in any order.
        keys: Packets that decoding can begin at, in the order of the file.
        time_base: Seconds of a tick.
        max_gap: Seconds that a clock may go ahead between two frames; None for any number.

    Attributes:
        ticks: Rising times of the frames; their places are the numbers of the frames.
        is_steady: Whether each frame has a time of its own, by a clock that does not jump.
    """

    def __init__(
        self,
        ticks: array[int],
        keys: Sequence[KeyPacket],
        time_base: Fraction,
        max_gap: Fraction | None,
    ) -> None:
        self.ticks = array("q", sorted(ticks))
        self._keys = list(keys)
        gaps = [(after - before) * time_base for before, after in pairwise(self.ticks)]
        rising = all(gap > 0 and (max_gap is None or gap <= max_gap) for gap in gaps)
        self.is_steady = rising and all(b.ticks < a.ticks for b, a in pairwise(self._keys))

    @property
    def longest(self) -> int:
        """Most frames from a key packet to the next."""
        firsts = [bisect_left(self.ticks, key.ticks) for key in self._keys]
        return max(
            (after - before for before, after in pairwise([*firsts, len(self.ticks)])), default=0
        )

    def number(self, ticks: int) -> int | None:
        """Return the number of the frame at a time; None for none."""
        number = bisect_left(self.ticks, ticks)
        return number if number < len(self.ticks) and self.ticks[number] == ticks else None

    def ways(self, number: int) -> Iterator[KeyPacket]:
        """Yield key packets that lead to a frame, the nearest one first, the first one last."""
        nearest = max(
            bisect_right(self._keys, self.ticks[number], key=lambda key: key.ticks) - 1, 0
        )
        yield from dict.fromkeys(self._keys[place] for place in (nearest, max(nearest - 1, 0), 0))

    def runs(self, numbers: Sequence[int], most: int) -> Iterator[Sequence[int]]:
        """Cut falling numbers into runs whose frames are decoded from one key packet.

        Args:
            numbers: Numbers of frames, each below the one before.
            most: How many a run has at most.
        """
        begin = 0
        while begin < len(numbers):
            key = next(self.ways(numbers[begin]))
            end = begin + 1
            while end < min(begin + most, len(numbers)) and self.ticks[numbers[end]] >= key.ticks:
                end += 1
            yield numbers[begin:end]
            begin = end
