"""Scores during training, against the metrics themselves."""

from __future__ import annotations

import copy
import csv
import re
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from samtracker.config import TrackerConfig
from samtracker.data.davis import read_davis
from samtracker.errors import DatasetError
from samtracker.evaluate.metrics import boundary_accuracy, region_similarity
from samtracker.evaluate.validation import Validation
from samtracker.model.network import Network
from samtracker.tracker import Tracker
from samtracker.train.checkpoint import Checkpoint
from tests.helpers.cli_tools import samtrack
from tests.helpers.datasets import write_mask, write_photo
from tests.helpers.scenes import RED, film


def write_film(root: Path, count: int = 5) -> Path:
    """A DAVIS folder with one clip."""
    for number, shot in enumerate(film([RED], count)):
        write_photo(root / "JPEGImages/480p/ball" / f"{number:05}.jpg", shot.frame)
        write_mask(root / "Annotations/480p/ball" / f"{number:05}.png", shot.ids)
    lists = root / "ImageSets/480p"
    lists.mkdir(parents=True)
    (lists / "val.txt").write_text("ball\n")
    (lists / "train.txt").write_text("ball\n")
    return root


def test_the_first_and_the_last_frame_do_not_count(tmp_path: Path, lite: Network) -> None:
    (clip,) = read_davis(write_film(tmp_path), year=2016, split="val")
    config = TrackerConfig(size=96)
    found = Validation(clips=(clip,), memory="anchored", size=96)(lite)
    tracker = Tracker(copy.deepcopy(lite), config, device="cpu")  # which converts it
    tracker.init(clip.frame(0), mask=clip.mask(0))
    masks = [tracker.step(clip.frame(number))[1].mask for number in (1, 2, 3)]
    truth = [clip.mask(number) == 1 for number in (1, 2, 3)]
    j = np.mean([region_similarity(*pair) for pair in zip(masks, truth, strict=True)])
    f = np.mean([boundary_accuracy(*pair) for pair in zip(masks, truth, strict=True)])
    assert found["j"] == pytest.approx(100 * float(j), abs=0.5)
    assert found["f"] == pytest.approx(100 * float(f), abs=0.5)
    assert found["j_and_f"] == pytest.approx((found["j"] + found["f"]) / 2)
    assert found["j"] > 70


def test_a_clip_needs_frames_to_score(tmp_path: Path) -> None:
    (clip,) = read_davis(write_film(tmp_path, count=2), year=2016, split="val")
    with pytest.raises(DatasetError, match="'ball' has 2 frames with a mask"):
        Validation(clips=(clip,), memory="anchored")


def test_a_training_scores_itself(tmp_path: Path) -> None:
    root = write_film(tmp_path / "davis", count=3)
    out = tmp_path / "out"
    done = samtrack(
        *("train", "--data", f"davis:{root}", "--validate", f"davis:{root}:val", "-o", str(out)),
        *("--evaluate-every", "2", "--size", "64", "--instances", "6", "--batch", "2"),
        *("--workers", "0", "--length", "2"),
    )
    assert done.code == 0, done.err
    scores = Checkpoint.load(out / "checkpoint.safetensors").scores
    assert re.search(r"step 2: J&F \d", done.err)
    assert f"step 3: J&F {scores['j_and_f']:.1f}" in done.err
    board = EventAccumulator(str(out / "tensorboard")).Reload()
    earlier, event = board.Scalars("validation/j_and_f")
    assert (earlier.step, event.step) == (2, 3)
    assert event.value == pytest.approx(scores["j_and_f"], rel=1e-5)
    with (out / "metrics.csv").open() as file:
        losses = [float(row["loss"]) for row in csv.DictReader(file)]
    assert [item.value for item in board.Scalars("loss")] == pytest.approx(losses, rel=1e-5)
