"""Clips made of photos, of stills with masks, and of nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samtracker.data.folders import read_folder, read_photos
from samtracker.data.photos import draw_photo, paint
from samtracker.data.sample import MAIN, Sample, SampleSource
from samtracker.data.still_source import StillSource, fill
from samtracker.data.synthetic_source import SyntheticSource
from samtracker.errors import DatasetError
from tests.helpers.datasets import ids, write_mask, write_photo, write_stills


def sources(root: Path) -> dict[str, SampleSource]:
    write_stills(root)
    return {
        "painted": SyntheticSource(size=64),
        "photos": SyntheticSource(photos=tuple(read_photos(root)), size=64),
        "stills": StillSource(photos=tuple(read_folder(root)), size=64),
    }


def take(source: SampleSource, seed: int) -> Sample:
    return source.sample(0, 4, np.random.default_rng(seed))


@pytest.mark.parametrize(("kind", "size"), [("painted", 64), ("photos", 64), ("stills", 48)])
def test_objects_are_seen_and_move(tmp_path: Path, kind: str, size: int) -> None:
    source = sources(tmp_path)[kind]
    moved = 0
    for seed in range(20):
        sample = take(source, seed)
        assert sample.frames.shape == (4, size, 64, 3)
        assert sample.ids.shape == (4, size, 64)
        assert sample.frames.dtype == np.uint8
        assert 20 < (sample.ids[0] == MAIN).sum() < 0.7 * size * 64
        moved += not np.array_equal(sample.ids[0] == MAIN, sample.ids[3] == MAIN)
    assert moved == 20


def test_some_objects_are_hidden_and_some_come_back() -> None:
    source = SyntheticSource(size=64)
    areas = np.array([(take(source, seed).ids == MAIN).sum((1, 2)) for seed in range(120)])
    hidden = areas[:, 1:].min(axis=1) < 0.05 * areas[:, 0]
    assert 0.05 < hidden.mean() < 0.3
    assert (areas[hidden, 3] > 0.5 * areas[hidden, 0]).any()
    assert (areas[hidden, 3] < 0.05 * areas[hidden, 0]).any()


@pytest.mark.parametrize("kind", ["painted", "photos", "stills"])
def test_the_seed_alone_decides(tmp_path: Path, kind: str) -> None:
    source = sources(tmp_path)[kind]
    first, again, other = take(source, 7), take(source, 7), take(source, 8)
    assert np.array_equal(first.frames, again.frames)
    assert np.array_equal(first.ids, again.ids)
    assert not np.array_equal(first.frames, other.frames)


def test_photos_are_cropped_not_squeezed(tmp_path: Path) -> None:
    ramp = np.zeros((40, 120, 3), np.uint8)
    ramp[...] = 2 * np.arange(120)[:, None]
    write_photo(tmp_path / "ramp.png", ramp)
    photos = tuple(read_photos(tmp_path))
    for seed in range(10):
        drawn = draw_photo(photos, (40, 40), np.random.default_rng(seed))[20, :, 0].astype(int)
        assert drawn.shape == (40,)
        # Two levels a pixel, at 0.7 to 1 of the scale, in either direction.
        assert 0.65 < abs(int(drawn[-2]) - int(drawn[1])) / 74 <= 1.03


def test_paintings_are_varied() -> None:
    pictures = [paint((48, 64), np.random.default_rng(seed)) for seed in range(5)]
    assert {picture.shape for picture in pictures} == {(48, 64, 3)}
    assert all(picture.std(axis=(0, 1)).max() > 8 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 5


def test_holes_are_filled_from_around() -> None:
    frame = np.zeros((40, 60, 3), np.uint8)
    frame[...] = 4 * np.arange(60)[:, None]
    mask = np.zeros((40, 60), np.bool_)
    mask[10:30, 20:40] = True
    painted = frame.copy()
    painted[mask] = 255
    filled = fill(painted, mask)
    assert np.array_equal(filled[:, :17], frame[:, :17])
    assert np.abs(filled.astype(int) - frame)[mask].max() < 40


def test_objects_of_a_still_are_drawn_apart(tmp_path: Path) -> None:
    drawn = ids(0, 2)
    colors = np.array([(0, 0, 250), (250, 0, 0), (0, 250, 0)], np.uint8)
    write_photo(tmp_path / "images/a.png", colors[drawn])
    write_mask(tmp_path / "masks/a.png", drawn)
    source = StillSource(photos=tuple(read_folder(tmp_path)), size=48)
    found = set()
    for seed in range(12):
        sample = source.sample(0, 1, np.random.default_rng(seed))
        red, green, blue = sample.frames[sample.ids == MAIN].mean(axis=0)
        assert blue < max(red, green) / 3
        found.add("red" if red > green else "green")
    assert found == {"red", "green"}


def test_an_object_of_the_same_still_moves_beside(tmp_path: Path) -> None:
    drawn = ids(0, 2)
    colors = np.array([(0, 0, 250), (250, 0, 0), (0, 250, 0)], np.uint8)
    write_photo(tmp_path / "images/a.png", colors[drawn])
    write_mask(tmp_path / "masks/a.png", drawn)
    source = StillSource(photos=tuple(read_folder(tmp_path)), size=48)
    together = 0
    for seed in range(40):
        sample = source.sample(0, 2, np.random.default_rng(seed))
        assert set(np.unique(sample.ids)) <= {0, MAIN, MAIN + 1}
        main, other = (sample.ids[0] == number for number in (MAIN, MAIN + 1))
        if other.sum() > 20:
            red, green, _ = sample.frames[0][main].mean(axis=0)
            other_red, other_green, _ = sample.frames[0][other].mean(axis=0)
            together += (red > green) != (other_red > other_green)
    assert together >= 10


def test_stills_need_masks(tmp_path: Path) -> None:
    write_stills(tmp_path)
    with pytest.raises(DatasetError, match="a mask for every photo"):
        StillSource(photos=tuple(read_photos(tmp_path)))
    write_mask(tmp_path / "masks/0.png", 0 * ids(0))
    with pytest.raises(DatasetError, match="mask of '0' is empty"):
        take(StillSource(photos=tuple(read_folder(tmp_path))), 0)
