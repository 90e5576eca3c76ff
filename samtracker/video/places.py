"""Which frames of a source are asked for, where all of their times are known."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import overload


class Places(Sequence[tuple[int, float]]):
    """Numbers and times (seconds) of frames, in the order of their times.

    Args:
        times: Rising times of all frames of a source.
        start: See `read_frames`.
        end: See `read_frames`.
        stride: See `read_frames`.

    Attributes:
        numbers: Rising numbers of the frames.
    """

    def __init__(
        self, times: Sequence[float], start: float, end: float | None, stride: int
    ) -> None:
        self._times = times
        behind = len(times) if end is None else bisect_left(times, end)
        self.numbers = range(bisect_left(times, start), behind, stride)

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
