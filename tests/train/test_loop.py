"""Training: it learns, goes on where it was, and ends well whatever happens."""

from __future__ import annotations

import json
import math
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from samtracker.checkpoints.files import checksum, load_state, save_state
from samtracker.checkpoints.load import load_network, save_network
from samtracker.config import ModelConfig, TrainConfig
from samtracker.data.sample import MAIN
from samtracker.errors import OutputError, TrainingError, WeightsError
from samtracker.model.network import Network
from samtracker.model.sam import SamEncoder
from samtracker.model.torchvision import ensure_torchvision
from samtracker.tracker import Tracker
from samtracker.train.checkpoint import Checkpoint
from samtracker.train.loop import CHECKPOINT
from samtracker.train.metrics_log import read_metrics
from samtracker.train.sampler import ResumableSampler
from samtracker.train.training_state import TrainingState
from tests.helpers.cli_tools import samtrack
from tests.helpers.forked import forked
from tests.helpers.trainings import TINY, Film, run

ensure_torchvision()
from segment_anything.modeling import ImageEncoderViT  # noqa: E402

ROOT = Path(__file__).parents[2]


def same(first: Checkpoint, second: Checkpoint) -> bool:
    """Whether two checkpoints are equal bit for bit."""
    pairs = [(first.network, second.network), (first.averaged or {}, second.averaged or {})]
    return all(
        one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
        for one, other in pairs
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training of four steps."""
    folder = tmp_path_factory.mktemp("training") / "whole"
    run(folder)
    return folder


def test_what_a_training_leaves(whole: Path) -> None:
    checkpoint = Checkpoint.load(whole / CHECKPOINT)
    assert (checkpoint.step, checkpoint.config, checkpoint.data) == (4, TINY, ("film",))
    rows = read_metrics(whole)
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    # Without pictures there is nothing to say of them.
    assert all(math.isnan(row.pop("picture_iou")) for row in rows)
    assert all(math.isfinite(value) for row in rows for value in row.values())
    # Warm-up over two steps, then half a cosine over the other two.
    rates = [row["learning_rate"] / TINY.learning_rate for row in rows]
    assert rates == pytest.approx([0.5, 1.0, 1.0, 0.5])
    assert list((whole / "tensorboard").iterdir())
    with Image.open(whole / "samples.png") as picture:
        assert picture.size == (3 * (TINY.size + 8), 4 * (TINY.size + 8))
    with Image.open(whole / "curves.png") as picture:
        assert picture.size == (900, 800)


def test_a_checkpoint_can_be_tracked_with(whole: Path) -> None:
    network = load_network(whole / CHECKPOINT)
    averaged = Checkpoint.load(whole / CHECKPOINT).averaged
    assert averaged is not None
    for name, tensor in network.state_dict().items():
        assert torch.equal(tensor, averaged[name]), name
    sample = Film(96, 3)[0]
    frames = sample["frames"].permute(0, 2, 3, 1).numpy()
    tracker = Tracker(network, device="cpu", precision="float32")
    tracker.init(frames[0], mask=sample["ids"][0].numpy() == MAIN)
    assert tracker.step(frames[1])[1].mask.any()


def test_only_the_decoder_learns_unless_the_encoder_has_a_rate(tmp_path: Path, whole: Path) -> None:
    start = load_network("lite").state_dict()

    def changed(checkpoint: Checkpoint) -> set[str]:
        return {n for n, t in checkpoint.network.items() if not torch.equal(t, start[n])}

    frozen = changed(Checkpoint.load(whole / CHECKPOINT))
    assert {name.split(".")[0] for name in frozen} == {"matcher", "decoder", "body"}
    assert not any(name.startswith("body.body.") for name in frozen)
    free = changed(run(tmp_path / "free", encoder_rate=0.1))
    assert any(name.startswith("body.body.") for name in free)
    assert not any("running" in name or "num_batches" in name for name in free)


def test_a_training_that_is_stopped_goes_on_as_if_it_never_was(tmp_path: Path, whole: Path) -> None:
    answers = iter([False, False, True])
    stopped = run(tmp_path / "two", stop=lambda: next(answers))
    assert stopped.step == 3
    assert not same(stopped, Checkpoint.load(whole / CHECKPOINT))
    resumed = run(tmp_path / "two")
    assert resumed.step == 4
    assert same(resumed, Checkpoint.load(whole / CHECKPOINT))
    kept = [
        [row[name] for name in ("step", "loss", "iou", "learning_rate", "gradient_norm")]
        for row in read_metrics(tmp_path / "two")
    ]
    assert kept == [
        [row[name] for name in ("step", "loss", "iou", "learning_rate", "gradient_norm")]
        for row in read_metrics(whole)
    ]


def test_prompts_are_drawn_alike_wherever_a_training_starts(tmp_path: Path) -> None:
    def deep() -> Network:
        return Network(ModelConfig(depth=32))

    settings = {"pictures": 1, "instances": 4, "length": 2}
    whole = run(tmp_path / "whole", deep(), **settings)
    torch.manual_seed(7)
    stopped = run(tmp_path / "two", deep(), **settings, stop=lambda: True)
    assert (stopped.step, whole.step) == (1, 2)
    torch.manual_seed(8)
    assert same(run(tmp_path / "two", deep(), **settings), whole)
    assert all(0 <= row["picture_iou"] <= 1 for row in read_metrics(tmp_path / "two"))


def train_until_killed(folder: Path) -> None:
    """Kills this process with SIGKILL behind the third step of four; the second was saved."""
    answers = iter([False, False])

    def stop() -> bool:
        for answer in answers:
            return answer
        os.kill(os.getpid(), signal.SIGKILL)
        return False

    run(folder, stop=stop)


def test_a_training_that_is_killed_goes_on_as_if_it_never_was(tmp_path: Path, whole: Path) -> None:
    left = tmp_path / "killed"
    assert forked((train_until_killed, left)) == [-signal.SIGKILL]
    assert Checkpoint.load(left / CHECKPOINT).step == 2
    resumed = run(left)
    assert resumed.step == 4
    assert same(resumed, Checkpoint.load(whole / CHECKPOINT))
    assert [row["step"] for row in read_metrics(left)] == [1, 2, 3, 4]


def test_two_processes_learn_what_one_does(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    job = [
        "--nproc-per-node",
        "2",
        str(ROOT / "tests/helpers/trainings.py"),
        str(tmp_path / "two"),
        "12",
        "propagation",  # which draws nothing: each process has its own random numbers
    ]
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", "--standalone", *job],
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    run(tmp_path / "one", instances=12, weights="propagation")
    one, two = (read_metrics(tmp_path / name) for name in ("one", "two"))
    assert len(one) == len(two) == 6
    for alone, shared in zip(one, two, strict=True):
        assert shared["loss"] == pytest.approx(alone["loss"], rel=0.02)
    assert two[0]["loss"] == pytest.approx(one[0]["loss"], rel=1e-4)


def test_a_loss_that_is_not_finite_stops_it(tmp_path: Path) -> None:
    run(tmp_path / "bad", instances=4, checkpoint_every=1)
    before = (tmp_path / "bad" / CHECKPOINT).read_bytes()
    network = load_network("lite")
    with torch.no_grad():
        network.decoder.alpha.fill_(torch.nan)
    path = tmp_path / "bad" / CHECKPOINT
    path.rename(tmp_path / "aside")
    with pytest.raises(TrainingError, match=r"the loss is nan in step 1: look at gradient_norm"):
        run(tmp_path / "bad", network)
    assert not path.exists()
    assert (tmp_path / "aside").read_bytes() == before


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path: Path) -> None:
    first = run(tmp_path / "full", instances=4, checkpoint_every=2)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    answers = iter([False])

    def fill() -> bool:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, limits[1]))
        return next(answers, False)

    (tmp_path / "longer").mkdir()
    try:
        with pytest.raises(OutputError, match=r"cannot write weights .* \(nothing is kept\)"):
            run(tmp_path / "longer", stop=fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not (tmp_path / "longer" / CHECKPOINT).exists()
    assert not list((tmp_path / "longer").glob("*.tmp"))
    assert first.step == 2


def test_a_changed_checkpoint_is_not_gone_on_with(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / CHECKPOINT
    data = (whole / CHECKPOINT).read_bytes()
    tensors, metadata = load_state(whole / CHECKPOINT)
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    path.write_bytes(flipped)
    resume = ("train", "--resume", str(path), "-o", "out")
    for command in (resume, ("export-weights", str(path), "out.safetensors")):
        done = samtrack(*command)
        assert (done.code, len(done.errors)) == (2, 1)
        assert f"{CHECKPOINT}' is damaged: go on from a copy of it, or start" in done.errors[0]
    training = json.loads(metadata["training"])
    for text in (
        *("", "[]", "null", "[" * 100_000, json.dumps({**training, "config": "{}x"})),
        *(json.dumps({**training, "step": step}) for step in (-1, 5, "x", None, 1e300)),
        *(json.dumps({**training, name: 7}) for name in ("groups", "scores", "data")),
    ):
        header = {**metadata, "training": text}
        covered = "\n".join(header[key] for key in ("format", "config", "training"))
        save_state(path, tensors, {**header, "sha256": checksum(covered, tensors)})
        with pytest.raises(TrainingError, match="is damaged"):
            Checkpoint.load(path)
    del metadata["sha256"]
    save_state(path, tensors, metadata)
    with pytest.raises(TrainingError, match="has no checksum, as older versions"):
        Checkpoint.load(path)
    assert [item.name for item in tmp_path.iterdir()] == [CHECKPOINT]


@pytest.mark.parametrize(
    "changed",
    [
        {"optimizer": {"state": {}, "param_groups": [1.5]}},
        {"averaged": {"nothing": torch.zeros(1)}},
        {"random": {}},
    ],
)
def test_a_checkpoint_that_does_not_fit_itself_is_not_gone_on_with(
    whole: Path, changed: dict[str, Any]
) -> None:
    checkpoint = replace(Checkpoint.load(whole / CHECKPOINT), **changed)
    network = load_network(whole / CHECKPOINT)
    with pytest.raises(TrainingError, match="does not fit its own network and settings"):
        TrainingState(network, checkpoint.config, checkpoint)


def test_weights_alone_are_no_training(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_network(path, load_network("lite"), {})
    with pytest.raises(WeightsError, match="holds weights but no training to go on with"):
        Checkpoint.load(path)


def test_trainings_of_one_program_may_differ_in_precision(tmp_path: Path) -> None:
    losses = []
    for precision in ("bfloat16", "float32"):
        run(tmp_path / precision, instances=2, precision=precision)
        losses.append(read_metrics(tmp_path / precision)[0]["loss"])
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.1)


@pytest.mark.parametrize("done", [0, 1, 3, 4, 6, 9])
def test_every_sample_comes_once_an_epoch_wherever_it_starts(done: int) -> None:
    config = replace(TINY, instances=9, batch=2, epochs=3)
    assert config.steps == 12
    every = list(ResumableSampler(config, 0))
    assert len(every) == 24
    for epoch in range(3):
        seen = every[8 * epoch : 8 * epoch + 8]
        assert len(set(seen)) == 8
        assert set(seen) <= set(range(9))
    assert every[:8] != every[8:16]
    assert list(ResumableSampler(config, done)) == every[2 * done :]
    assert len(ResumableSampler(config, done)) == 24 - 2 * done


def small_sam() -> Network:
    """Its image encoder is a ViT of SAM's kind, two layers deep, for images of 128 pixels."""
    network = Network(ModelConfig(encoder="vit_b"))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        body = ImageEncoderViT(img_size=128, embed_dim=64, depth=2, num_heads=2, use_rel_pos=True)
    old = network.body
    assert isinstance(old, SamEncoder)
    network.body = SamEncoder(body, old.mean, old.std)
    return network


def test_the_base_preset_overfits_one_pair_with_sams_encoder(tmp_path: Path) -> None:
    """As it does with that of lite, which tests/test_examples.py runs."""
    base = TrainConfig.preset("base")
    settings = {
        field: getattr(base, field)
        for field in vars(base)
        if field not in {"instances", "epochs", "size", "workers", "precision", "checkpoint_every"}
    }
    run(
        tmp_path / "one",
        small_sam(),
        **settings,
        size=128,
        instances=1,
        epochs=100,
        checkpoint_every=100,
    )
    rows = read_metrics(tmp_path / "one")
    assert len(rows) == 100
    assert rows[-1]["loss"] < rows[0]["loss"] / 2
    assert rows[-1]["iou"] >= 0.95
