"""Which frames of a source are asked for, where all of their times are known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import overload

from samtracker.video.selection import Selection


class Places(Sequence[tuple[int, float]]):
    """Numbers and times (seconds) of frames, in the order of their times.

    Args:
        times: Rising times of all frames of a source.
        selection: Those that are asked for.

    Attributes:
        numbers: Rising numbers of the frames.
    """

    numbers: Sequence[int]

    def __init__(self, times: Sequence[float], selection: Selection) -> None:
        self._times = times
        behind = len(times) if selection.end is None else bisect_left(times, selection.end)
        self.numbers = range(bisect_left(times, selection.start), behind, selection.stride)
        if selection.skip:
            self.numbers = [n for n in self.numbers if not selection.skips(n, times[n])]

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, place: int) -> tuple[int, float]: ...

    @overload
    def __getitem__(self, place: slice) -> list[tuple[int, float]]: ...

    def __getitem__(self, place: int | slice) -> tuple[int, float] | list[tuple[int, float]]:
        if isinstance(place, slice):
            return [(number, self._times[number]) for number in self.numbers[place]]
        return self.numbers[place], self._times[self.numbers[place]]
