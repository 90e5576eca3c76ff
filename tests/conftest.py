"""What tests share: the shipped network and trackers that run it."""

from __future__ import annotations

import os

# A core that waits for the other one should not spin: with another process on the machine that
# makes small layers a hundred times slower. Read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from typing import Any, Protocol

import pytest

from samtracker.config import TrackerConfig
from samtracker.model.checkpoint import load_network
from samtracker.model.network import Network
from samtracker.tracker import Tracker


class MakeTracker(Protocol):
    """Builds a tracker; the keyword arguments are those of `TrackerConfig`."""

    def __call__(self, **settings: Any) -> Tracker: ...


@pytest.fixture(scope="session")
def lite() -> Network:
    """A shipped lite network that no training changes, float32 on the CPU."""
    return load_network("propagation")


@pytest.fixture(scope="session")
def lite_tracker(lite: Network) -> MakeTracker:
    """Trackers with that network at short side 192, large enough for the films here."""

    def make(**settings: Any) -> Tracker:
        config = TrackerConfig(**{"size": 192, **settings})
        return Tracker(lite, config, device="cpu", precision="float32")

    return make
