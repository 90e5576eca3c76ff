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
        memory: What is remembered of it.
        life_cycle: Where it stands.
        name: Given by the user; empty without.
    """

    memory: ObjectMemory
    life_cycle: LifeCycle
    name: str = ""

    def copied(self) -> Track:
        """Return a copy that can change while this one stays as it is."""
        return replace(self, memory=self.memory.copied(), life_cycle=copy(self.life_cycle))

    def lost(self) -> Track:
        """Return a copy that is lost, to be looked for in the whole frame."""
        made = self.copied()
        made.memory.lost = True
        made.life_cycle.lose()
        return made
