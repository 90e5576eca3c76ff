"""What tests share: the shipped network, trackers that run it, and an interrupted job."""

from __future__ import annotations

import os

# A core that waits for the other one should not spin: with another process on the machine that
# makes small layers a hundred times slower. Read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What is there on every machine; the tests of the other backends ask for them.
os.environ.setdefault("SAMTRACKER_BACKEND", "torch")

from pathlib import Path
from typing import Any, Protocol

import pytest

from samtracker.checkpoints.load import load_network
from samtracker.config import TrackerConfig
from samtracker.model.network import Network
from samtracker.tracker import Tracker
from tests.helpers.cli_tools import first_mask
from tests.helpers.resumption import interrupt

collect_ignore = ["helpers/rtsp_server.py"]  # a program of another Python


class MakeTracker(Protocol):
    """Builds a tracker; the keyword arguments are those of `TrackerConfig`."""

    def __call__(self, **settings: Any) -> Tracker: ...


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is, with a first mask."""
    monkeypatch.chdir(tmp_path)
    first_mask(tmp_path / "first.png")
    return tmp_path


@pytest.fixture
def interrupted(folder: Path) -> Path:
    """See `interrupt`."""
    return interrupt(folder)


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
