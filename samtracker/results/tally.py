"""Counts of a tracker at work: frames, states and step times."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from samtracker.types import FrameResult


@dataclass
class Tally:
    """Counts frames, states and step times while a tracker runs.

    Attributes:
        frames: Number of frames so far.
        states: Object id to the number of frames in each state.
        names: Object id to the name, of those that have one.
        seconds: Time of each step.
    """

    frames: int = 0
    states: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    names: dict[int, str] = field(default_factory=dict)
    seconds: list[float] = field(default_factory=list)

    def add(self, result: FrameResult, seconds: float | None) -> None:
        """Count a frame.

        Args:
            result: The objects in it.
            seconds: Time that its step took; None where there was no step.
        """
        self.frames += 1
        for item in result.objects:
            self.states[item.id][item.state.value] += 1
            if item.name:
                self.names[item.id] = item.name
        if seconds is not None:
            self.seconds.append(seconds)

    @property
    def objects(self) -> dict[int, dict[str, int]]:
        """Object id to the number of frames in each state, by rising id."""
        return {object_id: dict(states) for object_id, states in sorted(self.states.items())}

    @property
    def fps(self) -> dict[str, float | None]:
        """Frames per second, by percentile of the time of a step: "p50" and "p95".

        Both are None before the first step.
        """
        if not self.seconds:
            return {"p50": None, "p95": None}
        slow = np.percentile(self.seconds, (50, 95))
        return {"p50": round(1 / slow[0], 2), "p95": round(1 / slow[1], 2)}
