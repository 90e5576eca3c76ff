"""Samples from annotated clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samtracker.data.clip import FolderClip
from samtracker.data.clip_source import ClipSource
from samtracker.data.davis import read_davis
from samtracker.data.folders import read_folder
from samtracker.data.youtube_vos import read_youtube_vos
from samtracker.errors import DatasetError
from tests.helpers.datasets import (
    ids,
    photo,
    write_clip,
    write_davis,
    write_mask,
    write_photo,
    write_youtube,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def clip(root: Path, masks: list[np.ndarray[tuple[int, ...], np.dtype[np.uint8]]]) -> ClipSource:
    for number, mask in enumerate(masks):
        write_photo(root / f"images/clip/{number}.png", photo(number))
        write_mask(root / f"masks/clip/{number}.png", mask)
    return ClipSource(clips=tuple(read_folder(root)))


def test_base_sample_is_a_pair_of_neighbors(tmp_path: Path) -> None:
    clips = read_davis(write_davis(tmp_path, objects=2), year=2017)
    source = ClipSource(clips=tuple(clips))
    assert len(source) == 10
    for index in range(10):
        read, first = clips[index // 5], index % 5
        sample = source.sample(index, 2, rng(index))
        for t in (0, 1):
            assert np.array_equal(sample.frames[t], read.frame(first + t))
            # Object 2 is drawn larger.
            assert np.array_equal(sample.ids[t], ids(first + t, 2) == 2)
    assert sample.frames.dtype == np.uint8
    assert sample.ids.dtype == np.uint8


def test_random_objects_are_visible_in_the_first_frame(tmp_path: Path) -> None:
    clips = read_davis(write_davis(tmp_path, objects=2), year=2017)
    source = ClipSource(clips=tuple(clips), object="random")
    masks = [source.sample(0, 2, rng(seed)).ids[0] for seed in range(20)]
    chosen = [[np.array_equal(mask, ids(0, 2) == k) for k in (1, 2)] for mask in masks]
    assert all(sum(which) == 1 for which in chosen)
    assert np.any(chosen, axis=0).all()


def test_other_objects_come_along(tmp_path: Path) -> None:
    clips = read_davis(write_davis(tmp_path, objects=3), year=2017)
    source = ClipSource(clips=tuple(clips), object="random", objects=2)
    found = set()
    for seed in range(30):
        sample = source.sample(0, 2, rng(seed))
        known = ids(0, 3)
        main, other = (np.unique(known[sample.ids[0] == number]).tolist() for number in (1, 2))
        assert len(main) == len(other) == 1
        found.add((*main, *other))
        for t in (0, 1):
            numbered = (ids(t, 3) == main[0]) + 2 * (ids(t, 3) == other[0])
            assert np.array_equal(sample.ids[t], numbered)
    assert found == {(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2)}


def test_what_is_ignored_is_no_object(tmp_path: Path) -> None:
    drawn = ids(0, 2)
    drawn[drawn == 2] = 255
    for number in range(2):
        write_photo(tmp_path / f"images/clip/{number}.png", photo(number))
        write_mask(tmp_path / f"masks/clip/{number}.png", drawn, "L")
    clips = tuple(read_folder(tmp_path, literal=True))
    assert clips[0].object_ids == (1,)
    source = ClipSource(clips=clips, object="random", objects=5)
    for seed in range(5):
        sample = source.sample(0, 2, rng(seed))
        assert np.array_equal(sample.ids[0], ids(0, 2) == 1)


def test_gaps_and_directions(tmp_path: Path) -> None:
    write_clip(tmp_path / "images/c", tmp_path / "masks/c", frames=12)
    source = ClipSource(clips=tuple(read_folder(tmp_path)), max_gap=3)
    steps = set()
    for seed in range(40):
        left = [int(mask.any(0).argmax()) // 2 for mask in source.sample(4, 3, rng(seed)).ids]
        step = np.diff(left)
        assert (step > 0).all() or (step < 0).all()
        steps.update(step.tolist())
    assert steps == {-3, -2, -1, 1, 2, 3}


def test_gaps_count_labeled_frames(tmp_path: Path) -> None:
    clips = tuple(read_youtube_vos(write_youtube(tmp_path)))
    sample = ClipSource(clips=clips).sample(1, 2, rng())
    assert np.array_equal(sample.ids, [ids(5, 2) == 2, ids(10, 2) == 2])


def test_short_clips_run_back_and_forth(tmp_path: Path) -> None:
    source = clip(tmp_path, [ids(0), ids(1), ids(2)])
    masks = source.sample(0, 6, rng()).ids
    assert [int(mask.any(0).argmax()) // 2 for mask in masks] == [0, 1, 2, 1, 0, 1]


def test_frames_before_the_object_are_passed_over(tmp_path: Path) -> None:
    empty = np.zeros_like(ids(0))
    source = clip(tmp_path, [empty, empty, ids(2), empty])
    masks = source.sample(0, 2, rng()).ids
    assert np.array_equal(masks, [ids(2) > 0, empty > 0])


def test_clips_without_objects_are_named(tmp_path: Path) -> None:
    empty = np.zeros_like(ids(0))
    with pytest.raises(DatasetError, match="no mask of 'clip' shows an object"):
        clip(tmp_path, [empty, empty]).sample(0, 2, rng())


def test_settings_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DatasetError, match="object='smallest' does not exist"):
        ClipSource(clips=(), object="smallest")
    with pytest.raises(DatasetError, match="max_gap=0 does not fit"):
        ClipSource(clips=(), max_gap=0)
    still = FolderClip(name="a", images=(Path("a.jpg"),), masks=(Path("a.png"),))
    with pytest.raises(DatasetError, match="no clip has two frames with masks"):
        ClipSource(clips=(still,))
