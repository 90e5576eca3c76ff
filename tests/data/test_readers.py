"""Data sets on disk: official layouts, wrong roots, missing and damaged files, kinds of masks."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samtracker.data.clip import labeled_frame
from samtracker.data.davis import read_davis
from samtracker.data.folders import read_folder, read_photos
from samtracker.data.mixture import open_dataset
from samtracker.data.picture_files import read_ids, read_photo
from samtracker.data.youtube_vos import read_youtube_vos
from samtracker.errors import DatasetError
from tests.helpers.datasets import (
    ids,
    photo,
    write_davis,
    write_mask,
    write_photo,
    write_stills,
    write_youtube,
)


def test_davis_2016_is_one_object(tmp_path: Path) -> None:
    bear, bus = read_davis(write_davis(tmp_path, objects=2), year=2016)
    assert (bear.name, bus.name) == ("bear", "bus")
    assert len(bear) == 6
    assert bear.labeled == (0, 1, 2, 3, 4, 5)
    assert bear.object_ids == (1,)
    assert np.array_equal(bear.mask(2), ids(2, 2) > 0)
    assert abs(float(bear.frame(3).mean()) - photo(3).mean()) < 2


def test_davis_2017_keeps_objects_apart(tmp_path: Path) -> None:
    bear, _ = read_davis(write_davis(tmp_path, folder="2017", objects=2), year=2017)
    assert bear.object_ids == (1, 2)
    assert np.array_equal(bear.mask(2), ids(2, 2))


def test_davis_lists_pairs_of_files(tmp_path: Path) -> None:
    write_davis(tmp_path)
    lines = [f"/JPEGImages/480p/bus/{n:05}.jpg /Annotations/480p/bus/{n:05}.png" for n in range(6)]
    (tmp_path / "ImageSets/480p/val.txt").write_text("\n".join(lines))
    assert [clip.name for clip in read_davis(tmp_path, year=2016, split="val")] == ["bus"]


@pytest.mark.parametrize("meta", [True, False])
def test_youtube_vos_has_a_mask_every_fifth_frame(tmp_path: Path, meta: bool) -> None:
    (clip,) = read_youtube_vos(write_youtube(tmp_path, meta=meta))
    assert (len(clip), clip.labeled, clip.object_ids) == (11, (0, 5, 10), (1, 2))
    with pytest.raises(DatasetError, match="frame 1 of '0a1b' has no mask"):
        clip.mask(1)


def test_youtube_vos_takes_ids_from_meta(tmp_path: Path) -> None:
    write_youtube(tmp_path)
    for path in (tmp_path / "train/Annotations/0a1b").iterdir():
        path.write_bytes(b"not read")
    assert read_youtube_vos(tmp_path)[0].object_ids == (1, 2)


def test_damaged_meta_is_named(tmp_path: Path) -> None:
    write_youtube(tmp_path)
    (tmp_path / "train/meta.json").write_text('{"videos": [')
    with pytest.raises(DatasetError, match=r"meta\.json' is damaged"):
        read_youtube_vos(tmp_path)


def test_folders_of_clips_and_stills(tmp_path: Path) -> None:
    write_stills(tmp_path, 11)
    write_photo(tmp_path / "images/clip/1.png", photo(1))
    write_mask(tmp_path / "masks/clip/1.png", ids(1, 2))
    read = read_folder(tmp_path)
    assert [item.name for item in read] == ["clip", *map(str, range(11))]
    assert read[0].object_ids == (1, 2)
    assert np.array_equal(read[0].frame(0), photo(1))


@pytest.mark.parametrize("inner", ["images", "."])
def test_photos_have_no_masks(tmp_path: Path, inner: str) -> None:
    write_photo(tmp_path / inner / "a.png", photo(1))
    (read,) = read_photos(tmp_path)
    assert (read.name, read.labeled, read.object_ids) == ("a", (), ())


def test_wrong_roots_say_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"ImageSets/480p/train\.txt"):
        read_davis(tmp_path, year=2016)
    with pytest.raises(DatasetError, match=r"ImageSets/2017/val\.txt"):
        read_davis(tmp_path, year=2017, split="val")
    with pytest.raises(DatasetError, match="train/JPEGImages"):
        read_youtube_vos(tmp_path)
    with pytest.raises(DatasetError, match=r"looked for '.*images'"):
        read_folder(tmp_path)
    with pytest.raises(DatasetError, match=r"looked for '.*/\*\.jpg'"):
        read_photos(tmp_path)


def test_roots_without_clips_say_what_was_looked_for(tmp_path: Path) -> None:
    listed = tmp_path / "ImageSets/480p/train.txt"
    listed.parent.mkdir(parents=True)
    listed.write_text("bear\n")
    with pytest.raises(DatasetError, match=r"none of the 1 clips.*JPEGImages/480p/<clip>"):
        read_davis(tmp_path, year=2016)
    write_photo(tmp_path / "images/a.png", photo(0))
    (tmp_path / "masks").mkdir()
    with pytest.raises(DatasetError, match="masks of the same names"):
        read_folder(tmp_path)


def test_what_is_missing_is_skipped_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_davis(tmp_path)
    (tmp_path / "ImageSets/480p/train.txt").write_text("bear\nbus\ncamel\n")
    (tmp_path / "JPEGImages/480p/bus/00002.jpg").write_bytes(b"")
    (tmp_path / "Annotations/480p/bear/00001.png").unlink()
    with caplog.at_level(logging.WARNING):
        bear, bus = read_davis(tmp_path, year=2016)
    assert (len(bear), bear.labeled) == (6, (0, 2, 3, 4, 5))
    assert len(bus) == 5
    # The empty image, its mask, and the clip.
    assert "skipped 3: " in caplog.text
    assert "camel' has no frames" in caplog.text


@pytest.mark.parametrize("target", ["nowhere.jpg", "00002.jpg"])
def test_a_link_that_leads_nowhere_is_reported_when_it_is_read(tmp_path: Path, target: str) -> None:
    write_davis(tmp_path, ("bear",))
    link = tmp_path / "JPEGImages/480p/bear/00002.jpg"
    link.unlink()
    link.symlink_to(target)
    (bear,) = read_davis(tmp_path, year=2016)
    with pytest.raises(DatasetError, match=r"00002\.jpg' (does not exist|is damaged)"):
        bear.frame(2)


def test_of_pictures_with_one_name_the_first_counts(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number, name in enumerate(("b.png", "a.png", "a.bmp")):
        write_photo(tmp_path / name, photo(number))
    with caplog.at_level(logging.WARNING):
        first, second = read_photos(tmp_path)
    np.testing.assert_array_equal(first.frame(0), photo(2))
    np.testing.assert_array_equal(second.frame(0), photo(0))
    assert "a.png' has the name of 'a.bmp'" in caplog.text


def test_nothing_skipped_is_not_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert len(read_folder(write_stills(tmp_path))) == 3
    assert not caplog.text


@pytest.mark.parametrize("mode", ["P", "L", "RGB", "RGBA", "LA"])
def test_ids_are_read_from_any_mode(tmp_path: Path, mode: str) -> None:
    read = read_ids(write_mask(tmp_path / "mask.png", ids(1, 2), mode))
    assert read.dtype == np.uint16
    assert np.array_equal(read, ids(1, 2))


@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_white_is_object_1(tmp_path: Path, mode: str) -> None:
    read = read_ids(write_mask(tmp_path / "mask.png", 255 * ids(1), mode))
    assert np.array_equal(read, ids(1))


def test_antialiased_edges_are_no_objects(tmp_path: Path) -> None:
    soft = 255 * ids(1)
    soft[4, 2:12], soft[11, 2:12] = 100, 200
    expected = ids(1)
    expected[4] = 0
    assert np.array_equal(read_ids(write_mask(tmp_path / "mask.png", soft, "L")), expected)


def test_transparent_is_background(tmp_path: Path) -> None:
    gray = Image.fromarray(np.full((4, 4), 255, np.uint8))
    alpha = np.zeros((4, 4), np.uint8)
    alpha[1:3, 1:3] = 255
    Image.merge("LA", (gray, Image.fromarray(alpha))).save(tmp_path / "mask.png")
    assert np.array_equal(read_ids(tmp_path / "mask.png"), alpha // 255)


def test_a_photo_is_no_mask(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="is no mask"):
        read_ids(write_photo(tmp_path / "mask.png", photo(1)))


def test_damaged_and_missing_pictures_are_named(tmp_path: Path) -> None:
    path = write_photo(tmp_path / "a.jpg", photo(1, (200, 200)))
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(DatasetError, match=r"a\.jpg' is damaged"):
        read_photo(path)
    with pytest.raises(DatasetError, match=r"b\.jpg' does not exist"):
        read_photo(tmp_path / "b.jpg")


def test_a_mask_that_is_a_link_to_itself_is_named(tmp_path: Path) -> None:
    mask = write_davis(tmp_path) / "Annotations/480p/bear/00003.png"
    mask.unlink()
    mask.symlink_to(mask)
    (bear, _) = open_dataset("davis", tmp_path, "train")
    with pytest.raises(DatasetError, match=r"00003\.png' is damaged"):
        bear.mask(3)


def test_a_mask_takes_the_size_of_its_image(tmp_path: Path) -> None:
    write_photo(tmp_path / "images/a.png", photo(1, (72, 96)))
    write_mask(tmp_path / "masks/a.png", ids(1, 2))
    frame, found = labeled_frame(read_folder(tmp_path)[0], 0)
    assert frame.shape == (72, 96, 3)
    assert np.array_equal(found, ids(1, 2).repeat(2, axis=0).repeat(2, axis=1))
