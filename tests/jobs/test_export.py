"""`samtrack export`: graphs that compute what torch does, and the example that tracks with them."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import openvino
import pytest
import torch
from torch import Tensor

from samtracker.backends.graphs import Graph
from samtracker.backends.step_graphs import MatchLastGraph, ScoreGraph, step_graphs
from samtracker.backends.write_step import write_step
from samtracker.checkpoints.load import load_network
from samtracker.config import ModelConfig, TrackerConfig
from samtracker.errors import ConfigError
from samtracker.jobs import export as module
from samtracker.model.crop import LADDER
from samtracker.model.network import Network
from samtracker.prompts.square import SIDE
from samtracker.tracker import Tracker
from tests.helpers.cli_tools import ROOT, Finished, contents, ids_in, samtrack
from tests.helpers.scenes import BLUE, RED, film, iou

NAMES = ("encoder", "reference", "score", "match_last", "match_references", "decoder", "prompter")
SHOTS = film([RED, BLUE], 12)

WITHOUT_TORCH = """
import runpy, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "samtracker"):
            raise ImportError(name)

sys.meta_path.insert(0, Blocked())
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
"""Runs a program in which neither can be imported."""


@pytest.fixture(scope="module")
def lite() -> Network:
    return load_network("lite")


@pytest.fixture(scope="module")
def graphs(lite: Network) -> dict[str, Graph]:
    return step_graphs(lite, SIDE)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("export") / "exported"


@pytest.fixture(scope="module")
def ran(kept_graphs: Path, place: Path) -> Finished:
    """The one export that all tests here look at."""
    return samtrack("export", "lite", "-o", place)


@pytest.fixture(scope="module")
def exported(ran: Finished, place: Path) -> Path:
    assert ran.code == 0, ran.err
    return place


def arguments(name: str, h: int, w: int, n: int) -> tuple[Tensor, ...]:
    """Inputs of a graph, for windows of h x w cells of stride 16 and n objects."""
    chance = torch.Generator().manual_seed(h)

    def noise(*shape: int) -> Tensor:
        return torch.randn(shape, generator=chance)

    def shares(*shape: int) -> Tensor:
        return torch.rand(shape, generator=chance)

    def key(*shape: int) -> Tensor:
        return torch.nn.functional.normalize(noise(*shape, 152), dim=-1)

    fine = 2 * h, 2 * w
    squares = noise(n, 256, 24, 24), noise(n, 40, 48, 48), noise(n, 24, 96, 96)
    boxes = 384 * shares(n, 4).sort(dim=1).values
    boxes[0] = torch.nan
    labels = torch.randint(-1, 2, (n, h), generator=chance)
    made = {
        "encoder": (noise(1, 16 * h, 16 * w, 3),),
        "reference": (key(*fine), shares(*fine).round()),
        "score": (key(*fine), noise(153)),
        "match_last": (key(*fine), key(*fine), shares(*fine)),
        "match_references": (key(*fine), key(7 * h * w), shares(7 * h * w)),
        "decoder": (
            *(noise(n, 256, h, w), noise(n, 256, h, w), shares(n, h, w), shares(n, 6, *fine)),
            *(noise(n, 40, *fine), noise(n, 24, 4 * h, 4 * w)),
        ),
        "prompter": (*squares, boxes, 384 * shares(n, h, 2), labels, shares(n, 96, 96)),
    }
    return made[name]


def check(found: list[np.ndarray], wanted: tuple[Tensor, ...]) -> None:
    for one, other in zip(found, wanted, strict=True):
        limit = 1e-3 * float(other.abs().max())
        torch.testing.assert_close(torch.from_numpy(one), other, rtol=1e-3, atol=limit)


@pytest.mark.parametrize("cells", [(6, 9, 1), (8, 5, 3)])
@pytest.mark.parametrize("name", NAMES)
@torch.no_grad()
def test_onnx_is_as_torch(
    exported: Path, graphs: dict[str, Graph], name: str, cells: tuple[int, int, int]
) -> None:
    given = arguments(name, *cells)
    session = onnxruntime.InferenceSession(
        exported / f"{name}.onnx", providers=["CPUExecutionProvider"]
    )
    names = [item.name for item in session.get_inputs()]
    assert names == list(graphs[name].inputs)
    found = session.run(None, dict(zip(names, map(Tensor.numpy, given), strict=True)))
    check(found, graphs[name].eval()(*given))


@torch.no_grad()
def test_openvino_is_as_torch(lite: Network, tmp_path: Path) -> None:
    graph = ScoreGraph(152)
    assert list(write_step(lite, {"score": graph}, tmp_path, "openvino")) == ["score"]
    assert {path.name for path in tmp_path.iterdir()} == {"score.xml", "score.bin"}
    compiled = openvino.Core().compile_model(
        tmp_path / "score.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    given = arguments("score", 6, 9, 1)
    found = compiled(dict(zip(graph.inputs, map(Tensor.numpy, given), strict=True)))
    check([found["score"]], graph(*given))


def test_progress_is_told(ran: Finished, exported: Path) -> None:
    assert ran.out == f"{exported}\n"
    assert [line for line in ran.err.splitlines() if line.startswith("graph ")] == [
        f"graph {number} of 7: {name}" for number, name in enumerate(NAMES, start=1)
    ]


def test_the_config_explains_everything(exported: Path, lite: Network) -> None:
    config = json.loads((exported / "config.json").read_text("utf-8"))
    assert config["format"] == "samtracker-step-1"
    assert config["weights"]["sha256"] == lite.digest
    assert config["weights"]["file"] == "lite.safetensors"
    assert (config["size"], config["radius"], config["ladder"]) == (480, 96, list(LADDER))
    assert config["mean"] == config["std"] == [127.5] * 3
    assert config["strides"] == {"x16": 16, "key": 8, "x8": 8, "x4": 4}
    assert config["calibration"] == list(lite.config.calibration)
    assert config["life_cycle"]["doubtful_score"] == TrackerConfig().doubtful_score
    assert config["prompter"]["square"] == 384
    assert list(config["graphs"]) == list(NAMES)
    files = {graph["file"] for graph in config["graphs"].values()}
    assert {path.name for path in exported.iterdir()} == {"config.json", *files}
    for graph in config["graphs"].values():
        session = onnxruntime.InferenceSession(
            exported / graph["file"], providers=["CPUExecutionProvider"]
        )
        types = {"tensor(float)": "float32", "tensor(int64)": "int64"}
        for told, real in (
            (graph["inputs"], session.get_inputs()),
            (graph["outputs"], session.get_outputs()),
        ):
            assert [item["name"] for item in told] == [item.name for item in real]
            assert [item["type"] for item in told] == [types[item.type] for item in real]
            assert [len(item["shape"]) for item in told] == [len(item.shape) for item in real]
            for item, other in zip(told, real, strict=True):
                assert item["meaning"]
                for side, known in zip(item["shape"], other.shape, strict=True):
                    if side.isdigit():
                        assert known == int(side)


def test_the_example_tracks_as_the_tracker_does_without_torch(
    exported: Path, lite: Network, tmp_path: Path
) -> None:
    for number, shot in enumerate(SHOTS):
        cv2.imwrite(str(tmp_path / f"{number:02d}.png"), shot.frame[..., ::-1])
    cv2.imwrite(str(tmp_path / "first.png"), 255 * SHOTS[0].mask().astype(np.uint8))
    ran = subprocess.run(
        [
            *(sys.executable, "-c", WITHOUT_TORCH, ROOT / "examples" / "onnx_tracker.py"),
            *(exported, tmp_path / "%02d.png", tmp_path / "first.png", tmp_path / "masks", "96"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    tracker = Tracker(lite, TrackerConfig(size=96), device="cpu", precision="float32")
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].mask())
    lines = ran.stdout.splitlines()
    assert len(lines) == len(SHOTS) - 1
    for number, line in enumerate(lines, start=1):
        (wanted,) = tracker.step(SHOTS[number].frame).objects
        found = ids_in(tmp_path / "masks" / f"{number:05d}.png") > 0
        assert iou(found, wanted.mask) >= 0.98
        assert iou(found, SHOTS[number].mask()) > 0.8
        assert float(line.rpartition(" ")[2]) == pytest.approx(wanted.score, abs=0.02)


def test_what_is_there_stays_without_overwrite(exported: Path) -> None:
    before = contents(exported)
    ran = samtrack("export", "lite", "-o", exported)
    assert ran.code == 2
    assert "exists already: choose another with --output" in ran.err
    assert contents(exported) == before


def test_files_of_others_are_never_replaced(exported: Path, tmp_path: Path) -> None:
    folder = tmp_path / "exported"
    shutil.copytree(exported, folder)
    (folder / "config.json").write_text('{"model": "mine"}')
    ran = samtrack("export", "lite", "-o", folder, "--overwrite")
    assert ran.code == 2
    assert "'config.json' in it is no result of samtrack" in ran.err
    assert (folder / "config.json").read_text() == '{"model": "mine"}'


def few_graphs(network: Network, square: int) -> dict[str, Graph]:
    """Two that are quickly made."""
    return {"score": ScoreGraph(152), "match_last": MatchLastGraph(152, 12)}


def test_an_export_is_replaced_and_an_interrupted_one_leaves_what_was(
    lite: Network, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "step_graphs", few_graphs)
    folder = tmp_path / "exported"
    folder.mkdir()
    (folder / "encoder.onnx").write_bytes(b"an earlier graph")
    (folder / "config.json").write_text('{\n  "format": "samtracker-step-1"\n}\n')
    before = contents(tmp_path)

    def stop(name: str, number: int, count: int) -> None:
        if number == 2:
            assert (tmp_path / "exported.partial" / "score.onnx").is_file()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module.export(lite, folder, format="onnx", overwrite=True, show=stop)
    assert contents(tmp_path) == before
    ran = samtrack("export", "lite", "-o", folder, "--overwrite")
    assert ran.code == 0
    assert set(contents(folder)) == {"config.json", "match_last.onnx", "score.onnx"}
    assert set(contents(tmp_path)) == {"exported", *(f"exported/{n}" for n in contents(folder))}


def test_sam_is_refused(lite: Network, tmp_path: Path) -> None:
    other = copy.copy(lite)
    other.config = ModelConfig(encoder="vit_b")
    with pytest.raises(ConfigError, match="encoder='vit_b' cannot be exported: give weights of li"):
        module.export(other, tmp_path / "out", format="onnx", show=lambda *_: None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (["lite", "--format", "caffe"], "--format 'caffe' does not exist: use one of onnx, openv"),
        (["lightest"], "weights 'lightest' are neither"),
        (["--format", "openvino"], "needs openvino: pip install 'samtracker[openvino]'"),
        (["--format", "onnx"], "needs onnxscript: pip install 'samtracker[onnx]'"),
    ],
)
def test_errors_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: list[str], message: str
) -> None:
    missing = "openvino" if "openvino" in given else "onnxscript"
    if given[-2:-1] == ["--format"] and given[-1] != "caffe":
        monkeypatch.setitem(sys.modules, missing, None)  # as if it were not installed
    ran = samtrack("export", *given, "-o", tmp_path / "out")
    assert ran.code == 2
    (line,) = ran.err.splitlines()
    assert message in line
    assert list(tmp_path.iterdir()) == []
