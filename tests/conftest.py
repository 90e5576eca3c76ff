"""What tests share: the shipped network, trackers that run it, and an interrupted job."""

from __future__ import annotations

import os
from collections.abc import Iterator

# A core that waits for the other one should not spin: with another process on the machine that
# makes small layers a hundred times slower. Read once, when torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# What is there on every machine; the tests of the other backends ask for them.
os.environ.setdefault("SAMTRACKER_BACKEND", "torch")

from pathlib import Path
from typing import Any, Protocol

import pytest

from samtracker.backends.graph_cache import graph_folder
from samtracker.checkpoints.load import load_network
from samtracker.config import TrackerConfig
from samtracker.model.network import Network
from samtracker.results.output_folder import alone
from samtracker.tracker import Tracker
from tests.helpers.cli_tools import first_mask
from tests.helpers.resumption import interrupt

collect_ignore = ["helpers/rtsp_server.py"]  # a program of another Python

LONGEST = (
    *("tests/train/test_loop.py", "tests/test_examples.py", "tests/test_readme.py"),
    *("tests/cli/test_resume.py", "tests/cli/test_train.py", "tests/cli/test_eval.py"),
    *("tests/jobs/test_replay.py", "tests/cli/test_batch.py"),
)
"""These files come first: at the end one would keep one of the processes busy alone."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


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
    """Trackers with that network at short side 96, large enough for the films here."""

    def make(**settings: Any) -> Tracker:
        config = TrackerConfig(**{"size": 96, **settings})
        return Tracker(lite, config, device="cpu", precision="float32")

    return make


@pytest.fixture(scope="session")
def graphs_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the graphs of lite are kept, which take long to make: one for all processes."""
    root = tmp_path_factory.getbasetemp()
    home = (root.parent if "PYTEST_XDIST_WORKER" in os.environ else root) / "home"
    with pytest.MonkeyPatch.context() as patch, alone(home):
        patch.setenv("SAMTRACKER_HOME", str(home))
        graph_folder(load_network("lite"))
    return home


@pytest.fixture(scope="module")
def kept_graphs(graphs_home: Path) -> Iterator[Path]:
    """In which the graphs of lite are found: they are not where the user has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMTRACKER_HOME", str(graphs_home))
        yield graphs_home / "graphs"
