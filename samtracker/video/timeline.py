"""One rising time line for the frames of a file, whatever the file's own clock does."""

from __future__ import annotations

from fractions import Fraction

MAX_GAP = Fraction(10)
"""Seconds between two frames that a clock which may be set anew is believed; FFmpeg's limit."""


class Timeline:
    """Gives each frame a time later than that of the frame before.

    The clock of the file is followed until it jumps: files that were joined start anew, counters
    wrap, and some streams have no times at all. The next frame then follows at the usual distance,
    and the clock is followed from there.

    Args:
        time_base: Seconds of a tick.
        step: The usual distance of two frames in seconds.
        max_gap: Seconds that a clock may go ahead between two frames; None for any number.

    Attributes:
        jumped: Whether the clock has jumped.
    """

    def __init__(self, time_base: Fraction, step: Fraction, max_gap: Fraction | None) -> None:
        self.jumped = False
        self._tick = time_base
        self._step = step
        self._max_gap = max_gap
        self._offset = Fraction(0)
        self._last: Fraction | None = None
        self._stalled = False

    def next(self, ticks: int | None) -> float:
        """Return the time of the next frame in seconds.

        Args:
            ticks: Ticks since the first frame, by the file; None where it does not say.
        """
        own = None if ticks is None else ticks * self._tick + self._offset
        if self._last is None:
            self._last = own or Fraction(0)
        elif own is None:
            self._last += self._step
        else:
            self._last = self._follow(own, self._last)
        return float(self._last)

    def _follow(self, own: Fraction, last: Fraction) -> Fraction:
        """Return the time of a frame that comes at `own` by the clock, after one at `last`."""
        gap = own - last
        if gap > 0 and (self._max_gap is None or gap <= self._max_gap):
            self._stalled = False
            return own
        if -self._step < gap <= 0 and not self._stalled:
            # Two frames within one tick, rounded times: no reason to set the clock.
            self._stalled = True
            return last + min(self._step, self._tick) / 2
        self.jumped = True
        self._offset += last + self._step - own
        return last + self._step
