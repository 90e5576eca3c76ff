"""One object of a stream: what is remembered of it, where it stands, what it is called."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace

from samtracker.life_cycle import LifeCycle
from samtracker.track import Track


@dataclass
class Subject:
    """One object of a stream.

    Attributes:
        track: its memory.
        life: its state.
        name: given by the user; empty without.
    """

    track: Track
    life: LifeCycle
    name: str = ""

    def copied(self) -> Subject:
        """As it is now, to come back to."""
        return replace(self, track=self.track.copied(), life=copy(self.life))
