"""How a job went: counted while it runs, and how it ended."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import numpy as np

from samtracker.errors import SamTrackerError
from samtracker.types import FrameResult


@dataclass
class Tally:
    """Counts frames, states and step times while a job runs."""

    frames: int = 0
    states: defaultdict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    seconds: list[float] = field(default_factory=list)

    def add(self, result: FrameResult, seconds: float | None) -> None:
        """Count a frame; `seconds` is the time its step took, None where there was no step."""
        self.frames += 1
        for item in result.objects:
            self.states[item.id][item.state.value] += 1
        if seconds is not None:
            self.seconds.append(seconds)

    @property
    def objects(self) -> dict[int, dict[str, int]]:
        """Object id to the number of frames in each state."""
        return {object_id: dict(states) for object_id, states in sorted(self.states.items())}

    @property
    def fps(self) -> dict[str, float | None]:
        """See `Summary`."""
        if not self.seconds:
            return {"p50": None, "p95": None}
        slow = np.percentile(self.seconds, (50, 95))
        return {"p50": round(1 / slow[0], 2), "p95": round(1 / slow[1], 2)}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a job ended.

    Attributes:
        tally: what was counted.
        interrupted: whether the user stopped it.
        failure: the error that ended it early; None if none did.
    """

    tally: Tally
    interrupted: bool = False
    failure: SamTrackerError | None = None

    @property
    def ended_early(self) -> bool:
        """Whether there would have been more to track."""
        return self.interrupted or self.failure is not None
