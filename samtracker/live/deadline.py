"""A deadline for steps, which is kept by working on smaller images."""

from __future__ import annotations

from samtracker.errors import ConfigError

SCALES = (1.0, 0.85, 0.7, 0.55, 0.45, 0.35)
"""Shares of the first working size, from the best to the quickest."""

LATE = 3
"""Number of steps in a row above the deadline after which the size is lowered."""

EARLY = 30
"""Number of steps in a row far below the deadline after which the size is raised."""

ROOM = 0.6
"""Share of the deadline that counts as far below; the next size takes up to 1.5 times as long."""


class Deadline:
    """Chooses the working size so that steps keep within a time.

    Args:
        milliseconds: Time that a step may take.
        size: The first and largest working size, as the short side in pixels.

    Attributes:
        size: The current working size.

    Raises:
        ConfigError: The deadline is not above 0.
    """

    def __init__(self, milliseconds: float, size: int) -> None:
        if not milliseconds > 0:
            raise ConfigError(f"deadline={milliseconds:g} ms does not fit: give more than 0")
        self.size = size
        self._allowed = milliseconds / 1000
        self._sizes = [max(64, round(scale * size / 16) * 16) for scale in SCALES]
        self._sizes[0] = size
        self._level = self._late = self._early = 0

    def step(self, seconds: float) -> int:
        """Return the size to work at after a step that took so many seconds."""
        self._late = self._late + 1 if seconds > self._allowed else 0
        self._early = self._early + 1 if seconds < ROOM * self._allowed else 0
        if self._late >= LATE and self._level < len(self._sizes) - 1:
            self._go(self._level + 1)
        elif self._early >= EARLY and self._level > 0:
            self._go(self._level - 1)
        return self.size

    def _go(self, level: int) -> None:
        self._level, self._late, self._early = level, 0, 0
        self.size = self._sizes[level]
