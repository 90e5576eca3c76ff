"""`samtrack train`, `samtrack export-weights` and what they say."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors import safe_open

from samtracker.checkpoints.load import save_network
from samtracker.config import ModelConfig, TrainConfig
from samtracker.model.network import Network
from samtracker.train.checkpoint import Checkpoint
from samtracker.train.metrics_log import read_metrics
from tests.helpers.cli_tools import FAST, first_mask, samtrack, two_balls
from tests.helpers.datasets import photo, write_mask, write_photo

FILE = "checkpoint.safetensors"
CHECKPOINT = f"training/{FILE}"

SMALL = ("--size", "64", "--instances", "4", "--length", "2", "--workers", "0", "--ema", "0.9")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_the_extra_it_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "accelerate", None)  # as if it were not there
    done = samtrack("train", "--dry-run")
    assert (done.code, list(folder.iterdir())) == (2, [])
    assert done.errors == [
        "Error: training needs the package accelerate: pip install 'samtracker[train]'"
    ]


def test_a_dry_run_ends_with_weights_to_track_with(folder: Path) -> None:
    done = samtrack("train", "--dry-run", *SMALL)
    assert done.code == 0, done.err
    assert done.err.endswith(f"2 steps in {CHECKPOINT}\n")
    left = {path.name for path in (folder / "training").iterdir()}
    assert left == {
        *("checkpoint.safetensors", "metrics.csv", "curves.png", "samples.png", "tensorboard")
    }
    two_balls(folder / "balls.mp4")
    first_mask(folder / "first.png")
    tracked = samtrack(
        *("track", "balls.mp4", "--init-mask", "first.png", *FAST, "--weights", CHECKPOINT)
    )
    assert tracked.code == 0, tracked.err
    assert json.loads(tracked.out)["frames"] == 10
    for name in ("mine.safetensors", "mine.md"):
        assert not (folder / name).exists()
    exported = samtrack("export-weights", CHECKPOINT, "mine.safetensors")
    assert exported.code == 0, exported.err
    card = (folder / "mine.md").read_text()
    for row in ("| steps | 2 of 2 clips with 2 frames |", "| data | synthetic |", "| size | 64 |"):
        assert row in card
    with safe_open(folder / "mine.safetensors", "pt") as file:
        names = set(file.keys())
        assert file.metadata()["step"] == "2"
    assert not any(name.startswith("training.") for name in names)
    assert samtrack("weights", "verify", "mine.safetensors").code == 2  # ours, not the manifest's
    again = samtrack("export-weights", CHECKPOINT, "mine.safetensors")
    assert again.code == 2
    assert "'mine.safetensors' exists already" in again.err


def test_a_second_run_needs_to_be_told_what_to_do(folder: Path) -> None:
    job = ("train", "--data", "synthetic", *SMALL, "--batch", "2")
    assert samtrack(*job).code == 0
    before = (folder / CHECKPOINT).read_bytes()
    refused = samtrack(*job)
    assert refused.code == 2
    assert "output 'training' holds a training already: go on with --resume auto" in refused.err
    finished = samtrack("train", "--resume", "auto")
    assert finished.code == 0
    assert (folder / CHECKPOINT).read_bytes() == before
    changed = samtrack("train", "--resume", "auto", "--batch", "4")
    assert changed.code == 2
    assert "--batch 4 differs from 2 in the checkpoint" in changed.err


def test_going_on_elsewhere_leaves_the_other_training_alone(folder: Path) -> None:
    job = ("train", "--data", "synthetic", *SMALL, "--batch", "2")
    assert samtrack(*job, "-o", "one").code == 0
    assert samtrack(*job, "-o", "two", "--seed", "1").code == 0
    before = [(folder / "two" / name).read_bytes() for name in ("metrics.csv", FILE)]
    refused = samtrack("train", "--resume", f"one/{FILE}", "-o", "two")
    assert refused.code == 2
    assert "output 'two' holds a training already" in refused.err
    after = [(folder / "two" / name).read_bytes() for name in ("metrics.csv", FILE)]
    assert after == before
    assert samtrack("train", "--resume", f"one/{FILE}", "-o", "three").code == 0
    first, copy = (Checkpoint.load(folder / name / FILE) for name in ("one", "three"))
    assert copy.step == first.step
    other = samtrack("train", "--resume", "auto", "-o", "one", "--data", "photos:here")
    assert "('photos:here',) differs from ('synthetic',) in the checkpoint" in other.err
    assert samtrack("train", "--resume", "auto", "-o", "one", "--workers", "1").code == 0


def test_an_exported_file_is_no_checkpoint(folder: Path) -> None:
    assert samtrack("train", "--data", "synthetic", *SMALL, "--batch", "2").code == 0
    assert samtrack("export-weights", CHECKPOINT, "mine.safetensors").code == 0
    for job in (
        ("export-weights", "mine.safetensors", "again.safetensors"),
        ("train", "--resume", "mine.safetensors", "-o", "new"),
    ):
        done = samtrack(*job)
        assert done.code == 2
        assert "'mine.safetensors' holds weights but no training to go on with" in done.err


def test_a_training_goes_on_without_the_weights_it_started_from(folder: Path) -> None:
    assert samtrack("train", "--data", "synthetic", *SMALL, "--batch", "2").code == 0
    assert samtrack("export-weights", CHECKPOINT, "start.safetensors").code == 0
    job = ("train", "--data", "synthetic", *SMALL, "--batch", "2", "-o", "next")
    assert samtrack(*job, "--weights", "start.safetensors").code == 0
    (folder / "start.safetensors").unlink()
    assert samtrack("train", "--resume", "auto", "-o", "next").code == 0


def test_a_full_disk_is_said(folder: Path) -> None:
    (folder / "training").mkdir()
    (folder / "training" / ".metrics.csv.partial").symlink_to("/dev/full")
    done = samtrack("train", "--data", "synthetic", *SMALL, "--batch", "2")
    assert done.code == 2
    assert "'training' cannot be written (No space left on device)" in done.err


def test_any_setting_can_be_given(folder: Path) -> None:
    done = samtrack(
        *("train", "--preset", "base", "--data", "synthetic", *SMALL, "--batch", "2"),
        *("--epochs", "2", "--learning-rate", "0.002", "--optimiser", "adamw", "-o", "mine"),
    )
    assert done.code == 0, done.err
    config = Checkpoint.load(folder / "mine" / "checkpoint.safetensors").config
    assert (config.learning_rate, config.optimiser, config.epochs) == (0.002, "adamw", 2)
    base = TrainConfig.preset("base")
    assert (config.memory, config.hard_share) == (base.memory, base.hard_share)
    assert config.steps == 4


def test_pictures_are_learned_where_weights_and_data_have_them(folder: Path) -> None:
    network = Network(ModelConfig(depth=32)).requires_grad_(False)
    save_network(folder / "deep.safetensors", network, {})
    save_network(folder / "flat.safetensors", Network(ModelConfig()).requires_grad_(False), {})
    stills = np.zeros((60, 80), np.uint8)
    stills[10:50, 20:60] = 1
    write_photo(folder / "stills/images/a.png", photo(0, (60, 80)))
    write_mask(folder / "stills/masks/a.png", stills)
    for weights, data, count in (
        ("deep", "stills:stills", 2),
        ("deep", "synthetic", 0),
        ("flat", "stills:stills", 0),
    ):
        out = f"{weights}-{count}"
        job = ("train", "--data", data, *SMALL, "--instances", "2", "--batch", "2", "-o", out)
        done = samtrack(*job, "--weights", f"{weights}.safetensors")
        assert done.code == 0, done.err
        assert Checkpoint.load(folder / out / FILE).config.pictures == count
        (row,) = read_metrics(folder / out)
        assert math.isfinite(row["picture_iou"]) == (count > 0)
        assert samtrack("train", "--resume", "auto", "-o", out).code == 0
    wanted = ("train", *SMALL, "--batch", "2", "--pictures", "1", "-o", "new")
    for arguments, message in (
        (("--data", "stills:stills", "--weights", "flat.safetensors"), "of depth 16: give 0"),
        (("--data", "synthetic", "--weights", "deep.safetensors"), "no source has pictures"),
    ):
        refused = samtrack(*wanted, *arguments)
        assert refused.code == 2
        assert message in refused.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to train on: give --data KIND:PATH, or --dry-run"),
        (("--preset", "best", "--dry-run"), "preset='best' does not exist: use one of base, "),
        (("--dry-run", "--size", "100"), "size=100 does not fit: give a multiple of 16"),
        (("--dry-run", "--memory", "bank:2"), "memory='bank:2' does not exist"),
        (("--dry-run", "--hard-share", "2"), "hard_share=2.0 does not fit: give at most 1"),
        (("--dry-run", "--ema", "1"), "ema=1.0 does not fit"),
        (("--dry-run", "--learning-rate", "0"), "learning_rate=0.0 does not fit: give more than 0"),
        (("--dry-run", "--instances", "1"), "batch=2 does not fit: an epoch has only 1 instances"),
        (("--dry-run", "--evaluate-every", "5"), "evaluate_every=5 and validate='' do not fit"),
        (("--dry-run", "--precision", "float16"), "precision='float16' does not exist"),
        (("--data", "tapes:here"), "'tapes' is no kind of data"),
        (("--data", "davis:nowhere"), "nowhere"),
        (("--resume", "nothing.safetensors"), "nothing.safetensors"),
        (("--dry-run", "-o", "/proc/training"), "'/proc/training' cannot be written"),
    ],
)
def test_what_cannot_be_trained_is_said(
    folder: Path, arguments: tuple[str, ...], message: str
) -> None:
    done = samtrack("train", *arguments)
    assert done.code == 2
    (error,) = done.errors
    assert message in error
    assert list(folder.iterdir()) == []
