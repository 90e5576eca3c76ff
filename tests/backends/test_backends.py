"""Every backend computes what torch does, and is chosen, named and restored."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from samtracker.backends.choice import choose_backend
from samtracker.backends.runtime import Runtime
from samtracker.checkpoints.load import load_network
from samtracker.config import ModelConfig, TrackerConfig
from samtracker.errors import ConfigError
from samtracker.jobs.threads import torch_threads
from samtracker.model.network import Network
from samtracker.tracker import Tracker
from tests.helpers.cli_tools import FAST, samtrack, two_balls
from tests.helpers.forked import apart
from tests.helpers.scenes import BLUE, RED, film, iou

ENGINES = ("openvino", "onnxruntime")
CPU = torch.device("cpu")
SHOTS = film([RED, BLUE], 8)


pytestmark = pytest.mark.usefixtures("kept_graphs")


@pytest.fixture(scope="module")
def lite() -> Network:
    return load_network("lite")


Make = Callable[[str], Tracker]


@pytest.fixture(scope="module")
def make(lite: Network) -> Make:
    def made(backend: str) -> Tracker:
        config = TrackerConfig(size=96)
        return Tracker(lite, config, device="cpu", precision="float32", backend=backend)

    return made


@pytest.mark.parametrize("engine", ENGINES)
def test_features_are_those_of_torch(make: Make, engine: str) -> None:
    wanted, found = (
        make(name).runtime.encode(SHOTS[0].frame, 96).features for name in ("torch", engine)
    )
    for name in ("x16", "key", "x8", "x4", "coarse"):
        one, other = getattr(wanted, name), getattr(found, name)
        torch.testing.assert_close(other, one, rtol=1e-3, atol=1e-3 * float(one.abs().max()))
    assert found.key_stride == wanted.key_stride == 8


@pytest.mark.parametrize("engine", ENGINES)
def test_objects_are_followed_as_by_torch(make: Make, engine: str) -> None:
    """Two at once, through crops of several sizes."""
    trackers = [make("torch"), make(engine)]
    for tracker in trackers:
        tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    for shot in SHOTS[1:]:
        wanted, found = (tracker.step(shot.frame) for tracker in trackers)
        for one, other in zip(wanted.objects, found.objects, strict=True):
            assert iou(one.mask, other.mask) > 0.99
            assert other.score == pytest.approx(one.score, abs=0.01)


def test_frames_at_once_are_as_one_after_the_other(make: Make) -> None:
    """Three on two threads: the last one has both threads' time, but not their company."""
    backend = make("openvino").runtime.backend
    pixels = torch.rand(3, 3, 96, 160, generator=torch.Generator().manual_seed(0))
    frames = pixels.contiguous(memory_format=torch.channels_last)
    wanted = [backend.encode(frames[row : row + 1]).x16 for row in range(3)]
    with torch_threads(2):
        found = backend.encode(frames).x16
    torch.testing.assert_close(found, torch.cat(wanted), rtol=1e-4, atol=1e-4)
    assert not torch.equal(found[0], found[2])


def test_shapes_in_use_stay_compiled(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    """However many they are: those of eight objects may all differ."""
    caplog.set_level(logging.DEBUG, "samtracker.backends.openvino_backend")
    backend = make("openvino").runtime.backend

    def compiled(widths: Iterable[int]) -> int:
        caplog.clear()
        for width in widths:
            backend.encode(torch.zeros(1, 3, 64, width))
        return len(caplog.records)

    widths = range(64, 64 + 32 * 6, 32)
    assert compiled(widths) == 6
    assert compiled(widths) == 0
    assert compiled([64] * 200) == 0
    assert compiled([64, 224]) == 0
    assert compiled([96]) == 1  # it had gone out of use


def signals_after_runtimes(engine: str, home: str) -> list[int]:
    """The signals that are handled once two runtimes have gone in the order in which they came."""
    os.environ["SAMTRACKER_HOME"] = home
    network = load_network("lite")
    runtimes = [Runtime(network, device="cpu", backend=engine) for _ in range(2)]
    for runtime in runtimes:
        runtime.encode(SHOTS[0].frame, 96)
    del runtime
    while runtimes:
        del runtimes[0]
    handled: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: handled.append(number))
    signal.raise_signal(signal.SIGTERM)
    return handled


@pytest.mark.parametrize("engine", ENGINES)
def test_signals_are_handled_when_runtimes_have_gone(engine: str, kept_graphs: Path) -> None:
    """An engine must leave the stack on which they are."""
    home = str(kept_graphs.parent)
    assert apart(signals_after_runtimes, engine, home) == [signal.SIGTERM]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_goes_on_with_the_backend_it_had(make: Make, engine: str, tmp_path: Path) -> None:
    tracker = make(engine)
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    tracker.step(SHOTS[1].frame)
    tracker.save(tmp_path / "tracker.safetensors")
    again = Tracker.load(tmp_path / "tracker.safetensors", device="cpu")
    assert again.runtime.backend.name == engine
    wanted, found = (item.step(SHOTS[2].frame) for item in (tracker, again))
    np.testing.assert_array_equal(found.id_map, wanted.id_map)
    assert [item.score for item in found.objects] == [item.score for item in wanted.objects]


def test_auto_is_the_quickest_that_is_there(lite: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SAMTRACKER_BACKEND", raising=False)
    assert choose_backend("auto", lite, CPU) == "openvino"
    assert choose_backend("auto", lite, torch.device("cuda")) == "torch"
    monkeypatch.setenv("SAMTRACKER_BACKEND", "onnxruntime")
    assert choose_backend("auto", lite, CPU) == "onnxruntime"
    assert choose_backend("torch", lite, CPU) == "torch"
    monkeypatch.delenv("SAMTRACKER_BACKEND")
    monkeypatch.setitem(sys.modules, "openvino", None)  # as if it were not installed
    assert choose_backend("auto", lite, CPU) == "torch"
    message = r"backend='openvino' is not installed: pip install 'samtracker\[openvino\]'"
    with pytest.raises(ConfigError, match=message):
        choose_backend("openvino", lite, CPU)


def test_what_does_not_fit_is_refused(lite: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="use one of auto, torch, openvino, onnxruntime"):
        choose_backend("tensorrt", lite, CPU)
    with pytest.raises(ConfigError, match="backend='openvino' does not run on cuda: use 'torch'"):
        choose_backend("openvino", lite, torch.device("cuda"))
    monkeypatch.setenv("SAMTRACKER_BACKEND", "nothing")
    with pytest.raises(ConfigError, match="backend='nothing' does not exist"):
        Runtime(lite, device="cpu")
    sam = Network(ModelConfig())
    object.__setattr__(sam.config, "encoder", "vit_b")
    with pytest.raises(ConfigError, match="does not run encoder='vit_b': use 'torch'"):
        choose_backend("onnxruntime", sam, CPU)


def test_the_command_line_takes_one_and_the_summary_names_it(tmp_path: Path) -> None:
    two_balls(tmp_path / "balls.mp4")
    job = ("track", tmp_path / "balls.mp4", "--init-box", "8,8,40,40", *FAST, "--save", "csv")
    done = samtrack(*job, "--weights", "lite", "--backend", "openvino", "-o", tmp_path / "out")
    assert done.code == 0, done.err
    assert json.loads(done.out)["backend"] == "openvino"
    refused = samtrack(*job, "--backend", "tensorrt", "-o", tmp_path / "other")
    assert refused.err == (
        "Error: --backend 'tensorrt' does not exist: use one of auto, torch, openvino, "
        "onnxruntime\n"
    )
