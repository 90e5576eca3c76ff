"""One object of a stream: what is remembered of it, where it stands, what it is called."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from samtracker.tracking.life_cycle import LifeCycle
from samtracker.tracking.object_memory import ObjectMemory


@dataclass
class Track:
    """One object of a stream.

    Attributes:
        track: its memory.
        life: its state.
        name: given by the user; empty without.
    """

    track: ObjectMemory
    life: LifeCycle
    name: str = ""

    def copied(self) -> Track:
        """As it is now, to come back to."""
        return replace(self, track=self.track.copied(), life=copy(self.life))
