"""Which frames of a source are asked for."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, Final

from samtracker.errors import ConfigError

LONGEST: Final = 10**9
"""Seconds or frames that no source has; sums of such numbers are exact enough to be counted."""

Range = tuple[float, float]
"""Numbers of the first and last frame, where the first is an int; else seconds, up to before the
second ones."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Frames of a source.

    Attributes:
        start: See `read_frames`.
        end: See `read_frames`.
        stride: See `read_frames`.
        skip: See `read_frames`.

    Raises:
        ConfigError: One of them is no number or out of range.
    """

    start: float = 0.0
    end: float | None = None
    stride: int = 1
    skip: Sequence[Range] = ()

    def __post_init__(self) -> None:
        start, end, stride = self.start, self.end, self.stride
        _check_kind("start", start, Real)
        _check_kind("end", start if end is None else end, Real)
        _check_kind("stride", stride, Integral)
        if not 0 <= start <= LONGEST:
            raise ConfigError(f"start={start} is not a time: give 0 or more seconds")
        if end is not None and not end > start:
            raise ConfigError(f"end={end} is not after start={start}: give a later end")
        if end is not None and end > LONGEST:
            raise ConfigError(
                f"end={end} is not a time: give seconds, or nothing for the whole source"
            )
        if not 1 <= stride <= LONGEST:
            raise ConfigError(
                f"stride={reprlib.repr(stride)} is not possible: give 1 or more, up to {LONGEST}"
            )
        skip: object = self.skip
        if not isinstance(skip, list | tuple):
            raise ConfigError(f"skip={skip!r} does not fit: give ranges, as [(100, 200)]")
        for given in self.skip:
            _check_range(given)

    def check_within(self, name: str, frames: int | None, duration: float | None) -> None:
        """Check that it has something to do with a source.

        Args:
            name: The source as messages call it.
            frames: How many frames it has; None where that is unknown.
            duration: Its seconds; None where they are unknown.

        Raises:
            ConfigError: It begins, or leaves out what begins, past the end.
        """
        if duration is not None and self.start >= duration:
            raise ConfigError(
                f"start={self.start} is past the end of {name}, which lasts {duration:.3f} s"
            )
        for given in self.skip:
            end = frames if _in_frames(given) else duration
            if end is not None and given[0] >= end:
                length = f"has {end} frames" if _in_frames(given) else f"lasts {end:.3f} s"
                raise ConfigError(
                    f"skip={to_text(given)} is past the end of {name}, which {length}"
                )

    def skips(self, index: int, time: float) -> bool:
        """Return whether a frame is left out, by its number and time in the source."""
        return any(
            first <= index <= last if _in_frames((first, last)) else first <= time < last
            for first, last in self.skip
        )

    def count(self, frames: int, fps: float) -> int:
        """Return how many there are of a number of frames that come at a steady rate."""
        last = frames if self.end is None else min(frames, _first_from(self.end, fps))
        numbers = range(_first_from(self.start, fps), last, self.stride)
        left_out = sum(self.skips(n, n / fps) for n in numbers) if self.skip else 0
        return max(1, len(numbers) - left_out)


def _first_from(time: float, fps: float) -> int:
    """Return the number of the first frame that is not before a time, which may be rounded."""
    return math.ceil(time * fps - 1e-6)


def to_text(given: Range) -> str:
    """Return a range as users type it: 100-200, or 4s-6.5s."""
    first, last = given
    return f"{first}-{last}" if _in_frames(given) else f"{first:g}s-{last:g}s"


def _in_frames(given: Range) -> bool:
    return isinstance(given[0], Integral)


def _check_range(given: Any) -> None:
    kinds = "give the numbers of two frames, (100, 200), or two times, (4.0, 6.5)"
    try:
        first, last = given
        kind = Integral if _in_frames(given) else Real
        fits = all(isinstance(value, kind) for value in given) and 0 <= first <= LONGEST
    except (TypeError, ValueError):
        fits = False
    if not fits:
        raise ConfigError(f"skip={reprlib.repr(given)} is no range: {kinds}")
    if not (first <= last if kind is Integral else first < last):
        raise ConfigError(
            f"skip={to_text(given)} ends before it begins: give the earlier end first"
        )


def _check_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        whole = "a whole number" if kind is Integral else "seconds"
        raise ConfigError(f"{name}={reprlib.repr(value)} does not fit: give {whole}")
