"""Squares around objects: picture and mask move together."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samtracker.data.clip import IGNORED
from samtracker.data.folders import read_folder, read_photos
from samtracker.data.mixture import parse_pictures, parse_source, read_clips
from samtracker.data.object_picture import LEAST_AREA, PictureSource
from samtracker.data.still_source import StillSource
from samtracker.data.training_set import TrainingSet
from samtracker.errors import DatasetError
from tests.helpers.datasets import photo, write_mask, write_photo

SIZE = 64


def write(root: Path, ids: NDArray[np.uint8], name: str = "a") -> None:
    """Object 1 is green, object 2 is red, what is ignored is white, all else blue."""
    frame = np.zeros((*ids.shape, 3), np.uint8)
    for value, color in ((0, (0, 0, 220)), (1, (0, 220, 0)), (2, (220, 0, 0)), (255, (220,) * 3)):
        frame[ids == value] = color
    write_photo(root / "images" / f"{name}.png", frame)
    write_mask(root / "masks" / f"{name}.png", ids, "L")


def scene() -> NDArray[np.uint8]:
    ids = np.zeros((80, 120), np.uint8)
    ids[20:50, 15:55] = 1
    ids[30:60, 70:95] = 2
    ids[62:78, 10:110] = 255
    return ids


def source(root: Path) -> PictureSource:
    write(root, scene())
    return PictureSource(clips=tuple(read_folder(root, literal=True)), size=SIZE)


def core(mask: NDArray[np.bool_], reach: int = 3) -> NDArray[np.bool_]:
    """The mask without its border."""
    inner: NDArray[np.bool_] = cv2.erode(mask.astype(np.uint8), np.ones((2 * reach + 1,) * 2)) > 0
    return inner


def test_the_mask_follows_the_picture(tmp_path: Path) -> None:
    drawn = source(tmp_path)
    objects = set()
    for seed in range(60):
        picture = drawn.sample(np.random.default_rng(seed))
        assert picture.frame.shape == (SIZE, SIZE, 3)
        assert picture.frame.dtype == np.uint8
        assert picture.mask.shape == picture.ignored.shape == (SIZE, SIZE)
        assert picture.mask.sum() >= LEAST_AREA
        assert 0 < picture.inside <= 1
        assert not (picture.mask & picture.ignored).any()
        colors = picture.frame.astype(int)
        if np.ptp(colors, axis=2).max() < 8:
            continue  # turned gray
        inside = colors[core(picture.mask)]
        if not len(inside):
            continue
        red, green, blue = inside.mean(axis=0)
        assert blue < max(red, green) / 2
        objects.add("red" if red > green else "green")
        # All of its color is in the mask, but for blur at the border.
        channel, other = (0, 1) if red > green else (1, 0)
        alike = (colors[..., channel] > 130) & (colors[..., other] < 90) & (colors[..., 2] < 90)
        assert not (alike & core(~picture.mask)).any()
    assert objects == {"red", "green"}


def test_what_is_ignored_follows_too(tmp_path: Path) -> None:
    drawn = source(tmp_path)
    seen = 0
    for seed in range(60):
        picture = drawn.sample(np.random.default_rng(seed))
        inner = core(picture.ignored)
        if inner.any():
            seen += 1
            assert np.ptp(picture.frame[inner].astype(int), axis=1).max() < 80
            assert picture.frame[inner].min() > 90
    assert seen > 5


def test_most_squares_show_the_whole_object_and_some_cut_it(tmp_path: Path) -> None:
    drawn = source(tmp_path)
    shares = np.array([drawn.sample(np.random.default_rng(seed)).inside for seed in range(150)])
    cut = shares < 0.9
    assert 0.02 < cut.mean() < 0.25
    whole = [drawn.sample(np.random.default_rng(seed)) for seed in np.flatnonzero(shares > 0.97)]
    touching = [
        item.mask[0].any() or item.mask[-1].any() or item.mask[:, 0].any() or item.mask[:, -1].any()
        for item in whole
    ]
    assert np.mean(touching) < 0.25


def test_the_seed_alone_decides(tmp_path: Path) -> None:
    drawn = source(tmp_path)
    one, again, other = (drawn.sample(np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert np.array_equal(one.frame, again.frame)
    assert np.array_equal(one.mask, again.mask)
    assert not np.array_equal(one.frame, other.frame)


def test_pictures_need_objects(tmp_path: Path) -> None:
    write_photo(tmp_path / "photos" / "a.png", photo(0))
    with pytest.raises(DatasetError, match="no picture has a mask"):
        PictureSource(clips=tuple(read_photos(tmp_path / "photos")))
    specks = np.zeros((80, 120), np.uint8)
    specks[4:8, 4:8] = 1
    specks[20:60, 20:60] = 255  # ignored, and so no object
    write(tmp_path / "specks", specks)
    with pytest.raises(DatasetError, match="10 pictures in a row show no object"):
        PictureSource(clips=tuple(read_folder(tmp_path / "specks", literal=True))).sample(
            np.random.default_rng(0)
        )


def test_instances_are_ids_as_they_are(tmp_path: Path) -> None:
    ids = scene()
    ids[0:10, 0:30] = 40  # bright enough to be a shade, were it not an id
    write(tmp_path, ids)
    (clip,) = read_clips(f"instances:{tmp_path}")
    assert clip.object_ids == (1, 2, 40)
    assert np.array_equal(clip.mask(0), np.where(ids == 255, IGNORED, ids.astype(np.uint16)))
    stills, weight = parse_source(f"instances:{tmp_path}*3", size=SIZE)
    assert isinstance(stills, StillSource)
    assert weight == 3
    for seed in range(10):
        assert set(np.unique(stills.sample(0, 2, np.random.default_rng(seed)).ids)) <= {0, 1, 2}
    write_photo(tmp_path / "masks" / "a.png", photo(1, (80, 120)))
    with pytest.raises(DatasetError, match=r"masks/a\.png' is in color"):
        clip.mask(0)


def test_sources_with_masks_have_pictures(tmp_path: Path) -> None:
    write(tmp_path, scene())
    texts = [f"instances:{tmp_path}*2", "synthetic", f"photos:{tmp_path}", f"stills:{tmp_path}"]
    found = parse_pictures(texts, size=48)
    assert [(each.size, weight) for each, weight in found] == [(48, 2), (48, 1)]
    assert parse_pictures(["synthetic"]) == []


def test_pictures_come_beside_a_sample(tmp_path: Path) -> None:
    write(tmp_path, scene())
    texts = [f"instances:{tmp_path}"]
    mixture, pictures = [parse_source(texts[0], size=SIZE)], parse_pictures(texts, size=SIZE)

    def data(count: int) -> TrainingSet:
        return TrainingSet(mixture, count=4, size=SIZE, pictures=pictures, per_sample=count)

    item, other = data(3)[1], data(0)[1]
    assert torch.equal(item["frames"], other["frames"])
    assert set(item) - set(other) == {
        *("pictures", "picture_masks", "picture_ignored", "picture_inside")
    }
    assert (item["pictures"].shape, item["pictures"].dtype) == ((3, 3, SIZE, SIZE), torch.uint8)
    for name in ("picture_masks", "picture_ignored"):
        assert (item[name].shape, item[name].dtype) == ((3, SIZE, SIZE), torch.bool)
    assert (item["picture_inside"].shape, item["picture_inside"].dtype) == ((3,), torch.float32)
    assert torch.equal(item["pictures"], data(3)[1]["pictures"])
    assert not torch.equal(item["pictures"], data(3)[2]["pictures"])
    with pytest.raises(DatasetError, match="per_sample=2 does not fit: no source has pictures"):
        TrainingSet(mixture, count=4, per_sample=2)
