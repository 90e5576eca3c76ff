"""Graphs are made once for each network, whole, and kept where that is possible."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from samtracker.backends.graph_cache import graph_folder
from samtracker.config import ModelConfig
from samtracker.model.network import Network


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(ModelConfig())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


class Maker:
    """Writes a file in the place of graphs, and counts how often."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, network: Network, folder: Path) -> None:
        (folder / "encoder.onnx").write_text("a graph")
        self.calls += 1


def test_they_are_made_once_for_the_same_weights(network: Network, home: Path) -> None:
    maker = Maker()
    folder = graph_folder(network, maker)
    assert graph_folder(network, maker) == folder
    assert maker.calls == 1
    assert folder.parent == home / "graphs"
    other = Network(ModelConfig())
    with torch.no_grad():
        other.decoder.alpha.add_(1)
    assert graph_folder(other, maker) != folder
    assert maker.calls == 2


def test_graphs_are_of_full_precision_whatever_torch_computes_in() -> None:
    network = Network(ModelConfig()).bfloat16()
    given: list[Network] = []

    def make(network: Network, folder: Path) -> None:
        given.append(network)

    graph_folder(network, make)
    assert {item.dtype for item in given[0].parameters()} == {torch.float32}
    assert {item.dtype for item in network.parameters()} == {torch.bfloat16}


@pytest.mark.parametrize("name", ["encoder.onnx", "sha256.json"])
def test_damaged_ones_are_made_again(network: Network, name: str) -> None:
    maker = Maker()
    folder = graph_folder(network, maker)
    (folder / name).write_text("a gra")
    assert (graph_folder(network, maker) / "encoder.onnx").read_text() == "a graph"
    assert maker.calls == 2


def test_what_an_engine_keeps_there_is_not_looked_at(network: Network) -> None:
    maker = Maker()
    folder = graph_folder(network, maker)
    (folder / "1234.blob").write_text("compiled")
    assert (graph_folder(network, maker) / "1234.blob").read_text() == "compiled"
    assert maker.calls == 1


def test_a_failure_leaves_nothing(network: Network, home: Path) -> None:
    def fail(network: Network, folder: Path) -> None:
        (folder / "encoder.onnx").write_text("half of it")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        graph_folder(network, fail)
    assert list((home / "graphs").iterdir()) == []


def test_another_process_may_be_quicker(network: Network) -> None:
    quick = Maker()

    def slow(network: Network, folder: Path) -> None:
        graph_folder(network, quick)
        (folder / "encoder.onnx").write_text("mine")

    assert (graph_folder(network, slow) / "encoder.onnx").read_text() == "a graph"


def test_where_they_cannot_be_kept_they_are_made_all_the_same(network: Network, home: Path) -> None:
    home.write_text("no folder")
    folder = graph_folder(network, Maker())
    assert (folder / "encoder.onnx").read_text() == "a graph"
    assert home.read_text() == "no folder"
