"""Mixtures as tensors: framing, determinism, workers, and what the command line calls them."""

from __future__ import annotations

import logging
import pickle
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from samtracker.data.clip_source import ClipSource
from samtracker.data.framing import PADDING, letterbox, object_crop
from samtracker.data.mixture import parse_source, read_clips
from samtracker.data.sample import MAIN, Sample
from samtracker.data.still_source import StillSource
from samtracker.data.synthetic_source import SyntheticSource
from samtracker.data.training_set import TrainingSet, worker_init
from samtracker.errors import DatasetError
from tests.helpers.datasets import ids, write_davis, write_stills, write_youtube


def davis(root: Path) -> TrainingSet:
    return TrainingSet([parse_source(f"davis:{write_davis(root)}")], count=8, size=24)


def painted(seed: int = 0) -> TrainingSet:
    return TrainingSet(
        [(SyntheticSource(size=48), 1.0)], count=4, size=32, framing="object", seed=seed
    )


def test_shapes_and_types(tmp_path: Path) -> None:
    item = davis(tmp_path)[3]
    assert set(item) == {"frames", "ids"}
    assert (item["frames"].shape, item["frames"].dtype) == ((2, 3, 24, 24), torch.uint8)
    assert (item["ids"].shape, item["ids"].dtype) == ((2, 24, 24), torch.uint8)


def test_letterbox_keeps_everything_and_pads_below(tmp_path: Path) -> None:
    # Frames are 36 x 48: at 24 pixels, 18 rows of the frame and 6 of padding.
    data = davis(tmp_path)
    for index in range(len(data)):
        item = data[index]
        outside = item["frames"][:, :, 18:].permute(0, 2, 3, 1)
        assert (outside == torch.tensor(PADDING)).all()
        assert not item["ids"][:, 18:].any()
        assert item["frames"][:, :, :18].float().mean() > 30
        pairs = [torch.from_numpy(ids(n)[1::2, 1::2]) for n in range(6)]
        assert any(torch.equal(item["ids"][0, :18], pair) for pair in pairs)


def test_a_sample_is_a_function_of_seed_and_index() -> None:
    first, again, other = painted(), painted(), painted(seed=1)
    assert torch.equal(first[2]["frames"], again[2]["frames"])
    assert torch.equal(first[2]["ids"], again[2]["ids"])
    assert not torch.equal(first[2]["frames"], first[3]["frames"])
    assert not torch.equal(first[2]["frames"], other[2]["frames"])
    with pytest.raises(IndexError):
        first[4]


def test_workers_make_the_same_samples(tmp_path: Path) -> None:
    data = davis(tmp_path)
    assert torch.equal(pickle.loads(pickle.dumps(data))[1]["frames"], data[1]["frames"])
    loader = DataLoader(data, batch_size=4, num_workers=1, worker_init_fn=worker_init)
    batches = list(loader)
    assert torch.equal(batches[1]["frames"][2], data[6]["frames"])


def test_workers_are_single_threads() -> None:
    before = cv2.getNumThreads()
    try:
        worker_init(0)
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)


def test_weights_share_out_the_samples(tmp_path: Path) -> None:
    write_davis(tmp_path)
    mixture = [parse_source(f"davis:{tmp_path}*3"), (SyntheticSource(size=32), 1.0)]
    data = TrainingSet(mixture, count=80, size=16)
    share = np.mean(["painting" not in data.sample(i).name for i in range(80)])
    assert 0.6 < share < 0.9


@settings(max_examples=80, deadline=None)
@given(
    st.integers(8, 60), st.integers(8, 60), st.integers(0, 10_000), st.sampled_from([16, 32, 50])
)
def test_crops_hold_the_object_with_its_pixels(
    height: int, width: int, seed: int, size: int
) -> None:
    rng = np.random.default_rng(seed)
    y1, x1 = rng.integers(height - 5), rng.integers(width - 5)
    y2, x2 = rng.integers(y1 + 4, height), rng.integers(x1 + 4, width)
    drawn = np.zeros((2, height, width), np.uint8)
    drawn[:, y1:y2, x1:x2] = MAIN
    frames = np.where(drawn[..., None], 200, 60).astype(np.uint8).repeat(3, axis=3)
    framed = object_crop(Sample(frames=frames, ids=drawn, name=""), size, rng)
    assert framed.frames.shape == (2, size, size, 3)
    side = max(height, width)  # no crop is larger
    assert framed.ids[0].sum() >= 0.5 * (y2 - y1) * (x2 - x1) * (size / side) ** 2
    assert np.array_equal(framed.ids[0], framed.ids[1])
    inside = cv2.erode(framed.ids[0], np.ones((7, 7))) > 0
    outside = cv2.dilate(framed.ids[0], np.ones((9, 9))) == 0
    if inside.any() and outside.any():
        assert framed.frames[0][inside].min() > framed.frames[0][outside].max()


def test_an_object_that_no_crop_shows_comes_whole() -> None:
    empty = Sample(
        frames=np.full((1, 20, 40, 3), 9, np.uint8),
        ids=np.zeros((1, 20, 40), np.uint8),
        name="",
    )
    cropped = object_crop(empty, 16, np.random.default_rng(0))
    assert np.array_equal(cropped.frames, letterbox(empty, 16).frames)
    assert cropped.frames[0, :8].min() == 9
    assert (cropped.frames[0, 8:] == PADDING).all()


def test_damaged_files_are_replaced_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = replace(davis(tmp_path), count=30)
    (tmp_path / "JPEGImages/480p/bear/00002.jpg").write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert all(data[index]["ids"][0].any() for index in range(30))
    assert "bear/00002.jpg' is damaged" in caplog.text
    counts = [int(re.findall(r"skipped (\d+) in this process", m)[0]) for m in caplog.messages]
    assert counts == list(range(counts[0], counts[0] + len(counts)))
    assert len(counts) >= 2


def test_nothing_but_damaged_files_is_an_error(tmp_path: Path) -> None:
    data = davis(tmp_path)
    for path in (tmp_path / "JPEGImages").rglob("*.jpg"):
        path.write_bytes(b"damaged")
    with pytest.raises(DatasetError, match="8 draws in a row failed"):
        data[0]


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DatasetError, match="framing='square' does not exist"):
        TrainingSet([(SyntheticSource(), 1.0)], count=1, framing="square")
    with pytest.raises(DatasetError, match="give each source one above 0"):
        TrainingSet([], count=1)


def test_kinds_of_sources(tmp_path: Path) -> None:
    write_davis(tmp_path / "davis", objects=2)
    write_youtube(tmp_path / "tube")
    write_stills(tmp_path / "stills")
    source, weight = parse_source(
        f"davis2017:{tmp_path}/davis:train*0.25", object="random", max_gap=4
    )
    assert isinstance(source, ClipSource)
    assert (source.object, source.max_gap, weight) == ("random", 4, 0.25)
    assert source.clips[0].object_ids == (1, 2)
    merged, weight = parse_source(f"davis:{tmp_path}/davis")
    assert isinstance(merged, ClipSource)
    assert (merged.clips[0].object_ids, weight) == ((1,), 1)
    assert len(parse_source(f"youtube:{tmp_path}/tube")[0]) == 2
    assert isinstance(parse_source(f"stills:{tmp_path}/stills")[0], StillSource)
    photos, _ = parse_source(f"photos:{tmp_path}/stills", size=40)
    assert photos == SyntheticSource(photos=photos.photos, size=40)  # type: ignore[attr-defined]
    assert len(photos) == 3
    assert parse_source("synthetic*2") == (SyntheticSource(), 2)
    assert [s.name for s in read_clips(f"davis:{tmp_path}/davis:train")] == ["bear", "bus"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("coco:/data", "'coco' is no kind of data: use one of davis, davis2017, youtube"),
        ("synthetic*zero", "'zero' is no weight"),
        ("synthetic*0", "'0' is no weight"),
        ("synthetic*inf", "'inf' is no weight"),
        ("synthetic:/data", "takes no path"),
        ("davis", "give davis:PATH"),
        ("davis:/nowhere:val", "'/nowhere' is no folder"),
        ("davis:/:val", r"'/ImageSets/480p/val\.txt'"),
    ],
)
def test_sources_that_make_no_sense(text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        parse_source(text)


def test_clips_are_read_from_disk() -> None:
    with pytest.raises(DatasetError, match="'synthetic' is no kind of data on disk"):
        read_clips("synthetic")
