"""Pictures as people have them: deep, transparent, huge, mislabeled, or no pictures at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from samtracker.errors import VideoError
from samtracker.video.read import read_frames
from tests.corpus import pictures as odd
from tests.corpus.pictures import ODD, OddPictures
from tests.helpers.clips import cut, numbered, numbers_of


@pytest.mark.parametrize("make", ODD, ids=lambda make: make.__name__)
def test_frames_are_right(tmp_path: Path, make: Callable[[Path], OddPictures]) -> None:
    source, frames = make(tmp_path)
    reader = read_frames(source)
    assert reader.info.frames == len(frames)
    for frame, expected in zip(reader, frames, strict=True):
        np.testing.assert_array_equal(frame.image, expected)
        assert frame.image.flags.c_contiguous
        assert frame.image.flags.writeable
    assert reader.unreadable == 0


@pytest.mark.parametrize(
    ("make", "note"),
    [
        (
            odd.twelve_bits_in_16,
            "uint16 pictures are shown from 0 (black) to 4095 (white), the range of them all",
        ),
        (odd.sixteen_bits, None),
        (odd.floats_from_0_to_1, None),
        (
            odd.float_pages,
            "float32 pictures are shown from -20 (black) to 80 (white), the range of them all",
        ),
        (odd.hidden_colors, "transparent pictures are shown over gray"),
    ],
)
def test_what_is_chosen_is_said_once(
    tmp_path: Path, make: Callable[[Path], OddPictures], note: str | None
) -> None:
    reader = read_frames(make(tmp_path).source)
    assert len(list(reader)) == odd.COUNT
    assert reader.notes == (() if note is None else (note,))


def test_a_range_is_that_of_the_whole_sequence_wherever_it_is_begun(tmp_path: Path) -> None:
    source, frames = odd.twelve_bits_in_16(tmp_path)
    cut(source / "2.png", 0.5)
    reader = read_frames(source, start=0.04, stride=2)
    assert [frame.index for frame in reader] == [1, 3, 5, 7]
    (last,) = read_frames(source, start=0.28)
    np.testing.assert_array_equal(last.image, frames[7])


def test_alpha_of_16_bits_and_of_real_numbers(tmp_path: Path) -> None:
    color = np.array((0.2, 0.4, 0.6))
    for name, top, dtype in (("a", 65535, np.uint16), ("b", 1, np.float32)):
        rgba = np.full((9, 8, 4), top * np.array((*color, 0)), dtype)
        rgba[:4, :, 3] = top
        rgba[8, 7, :3] = top  # hidden, but part of the range
        tifffile.imwrite(tmp_path / f"{name}.tif", rgba, photometric="rgb")
    for frame in read_frames(tmp_path):
        np.testing.assert_allclose(frame.image[:4], np.tile(255 * color, (4, 8, 1)), atol=1)
        np.testing.assert_array_equal(frame.image[4:], 128)


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate", "jpeg"])
def test_a_damaged_picture_says_nothing_by_itself(
    tmp_path: Path, compression: str, capfd: pytest.CaptureFixture[str]
) -> None:
    odd.damaged_tiff(tmp_path / "1.tif", compression)
    source, _ = odd.twelve_bits_in_color(tmp_path)
    data = (source / "0.png").read_bytes()
    (source / "2.png").write_bytes(data[:200] + bytes(30) + data[230:])
    frames = read_frames(source)
    list(frames)
    assert frames.unreadable >= 1
    assert capfd.readouterr() == ("", "")


def test_a_picture_that_claims_to_be_huge_is_a_damaged_one(tmp_path: Path) -> None:
    for number in (0, 1, 3):
        Image.fromarray(numbered(number)).save(tmp_path / f"{number}.png")
    odd.png_that_claims(tmp_path / "2.png", 30_000, 30_000)
    frames = read_frames(tmp_path)
    assert numbers_of(frames) == [0, 1, 3]
    assert frames.unreadable == 1


def test_pictures_above_the_limit_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd.png_that_claims(tmp_path / "1.png", 14_000, 13_000)
    words = r"1\.png' has more pixels than the limit of 178956970: .* PIL.Image.MAX_IMAGE_PIXELS"
    for source in (tmp_path, tmp_path / "1.png"):
        with pytest.raises(VideoError, match=words):
            read_frames(source)
    (tmp_path / "1.png").unlink()
    for path in (tmp_path / "1.png", tmp_path / "2.tif"):
        deep = np.full((48, 64), 40_000, np.uint16)
        tifffile.imwrite(path, deep) if path.suffix == ".tif" else Image.fromarray(deep).save(path)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 64 // 2 - 1)
        with pytest.raises(VideoError, match="has more pixels than the limit of 3070:"):
            read_frames(path)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 48 * 64)
        assert len(list(read_frames(path))) == 1


def test_what_is_no_file_counts_as_unreadable(tmp_path: Path) -> None:
    for number in (3, 5):
        Image.fromarray(numbered(number)).save(tmp_path / f"{number}.png")
    names = odd.no_files(tmp_path)
    for source in (tmp_path, str(tmp_path / "*.png")):
        frames = read_frames(source)
        assert frames.info.frames == 2 + len(names)
        assert [frame.index for frame in frames] == [0, 5]
        assert frames.unreadable == len(names)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\xff\x0a" + bytes(30), "JPEG XL"),
        (b"<?xml version='1.0'?>\n<svg/>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
    ],
)
@pytest.mark.parametrize("name", ["a.bin", "a.png"])
def test_kinds_that_are_not_supported_are_called_so(
    tmp_path: Path, name: str, head: bytes, kind: str
) -> None:
    (tmp_path / name).write_bytes(head)
    with pytest.raises(VideoError, match=f"is {kind}, which is not supported: convert it to PNG"):
        read_frames(tmp_path / name)


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [("shot%05d.png", [1, 2, 100_000]), ("shot%d.png", [3, 100_000]), ("shot%3d.png", [100_000])],
)
def test_numbered_pictures(
    tmp_path: Path, pattern: str, numbers: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "frames[1]"
    folder.mkdir()
    stems = ("shot00001", "shot00002", "shot100000", "shot3", "shot0001", "xshot00004", "shot")
    for number, stem in enumerate(stems):
        Image.fromarray(numbered(number)).save(folder / f"{stem}.png")
    for source in (folder / pattern, str(folder / pattern)):
        found = [frame.stem for frame in read_frames(source)]
        assert sorted(int(str(stem)[4:]) for stem in found) == numbers
    monkeypatch.chdir(folder)
    assert len(list(read_frames(pattern))) == len(numbers)
    with pytest.raises(VideoError, match=r"no image in pattern 'none%02d\.png'"):
        read_frames("none%02d.png")


def test_frames_have_the_names_of_their_pictures(tmp_path: Path) -> None:
    frames = list(read_frames(odd.pages_in_a_folder(tmp_path).source))
    assert [frame.source for frame in frames] == ["a.png", "b.tif[0]", "b.tif[1]", "c.png"]
    assert [frame.stem for frame in frames] == ["a", "b_00000", "b_00001", "c"]


def test_names_that_are_alike_keep_their_suffix(tmp_path: Path) -> None:
    names = odd.same_stems(tmp_path, [numbered(number) for number in range(4)])
    frames = list(read_frames(tmp_path))
    assert [frame.source for frame in frames] == names
    assert [frame.stem for frame in frames] == names


def test_names_of_several_folders_that_are_alike_are_numbered(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        Image.fromarray(numbered(3)).save(tmp_path / folder / "1.png")
    frames = list(read_frames(str(tmp_path / "*" / "1.png")))
    assert [frame.source for frame in frames] == ["a/1.png", "b/1.png"]
    assert [frame.stem for frame in frames] == ["00000", "00001"]


def test_names_differ_on_disks_that_know_no_case(tmp_path: Path) -> None:
    for name in ("a.png", "A.bmp", "b.png"):
        Image.fromarray(numbered(3)).save(tmp_path / name)
    assert [frame.stem for frame in read_frames(tmp_path)] == ["A.bmp", "a.png", "b.png"]


def test_frames_of_one_file_have_no_names(tmp_path: Path) -> None:
    frames = list(read_frames(odd.float_pages(tmp_path).source))
    assert {(frame.source, frame.stem) for frame in frames} == {(None, None)}
