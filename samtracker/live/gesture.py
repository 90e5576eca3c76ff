"""A gesture, which is what the mouse does between press and release: a click, box or stroke."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from samtracker.live.events import Button
from samtracker.prompts.stroke import paint_stroke
from samtracker.types import Box, Mask, Size

STILL = 0.008
"""How far a click may wander, as a share of the frame's short side."""

BRUSH = 0.02
"""Radius of a stroke, as a share of the frame's short side."""


@dataclass
class Gesture:
    """What was drawn with a button held.

    Attributes:
        button: Button that is held.
        size: (H, W) of the picture.
        path: Places x, y in pixels, from the press on.
    """

    button: Button
    size: Size
    path: list[tuple[float, float]] = field(default_factory=list)

    def add(self, x: float, y: float) -> None:
        """Add a place; one outside the picture counts as its nearest pixel."""
        height, width = self.size
        self.path.append((min(max(x, 0.0), width - 1.0), min(max(y, 0.0), height - 1.0)))

    @property
    def is_click(self) -> bool:
        """Whether the mouse hardly moved."""
        reach = max(3.0, STILL * min(self.size))
        return bool(np.ptp(np.array(self.path), axis=0).max() < reach)

    @property
    def click(self) -> tuple[float, float, int]:
        """The click as the tracker takes it: x, y, and 1 for the left button, 0 for the right."""
        return (*self.path[0], int(self.button == "left"))

    @property
    def box(self) -> Box:
        """The box between the press and the last place, both pixels included."""
        (x1, y1), (x2, y2) = self.path[0], self.path[-1]
        return min(x1, x2), min(y1, y2), max(x1, x2) + 1, max(y1, y2) + 1

    @property
    def brush(self) -> int:
        """Radius of the stroke in pixels."""
        return max(2, round(BRUSH * min(self.size)))

    def stroke(self) -> Mask:
        """Return what a brush paints along the path, bool (H, W)."""
        return paint_stroke(self.path, self.brush, self.size)
