"""Folders and patterns of images as sources."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samtracker.errors import VideoError
from samtracker.video.read import VideoInfo, read_frames
from tests.helpers.clips import SIZE, cut, numbered, numbers_of


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of numbered images whose names do not sort as strings."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(12):
        Image.fromarray(numbered(number)).save(folder / f"frame{number}.png")
    return folder


def test_image_folder(images: Path) -> None:
    (images / "notes.txt").write_text("not an image")
    (images / ".hidden.png").write_bytes(b"")
    frames = read_frames(images)
    assert frames.info == VideoInfo(size=SIZE, fps=25.0, frames=12, duration=0.48)
    assert frames.path is None
    seen = list(frames)
    assert [(frame.index, frame.time) for frame in seen] == [(i, i / 25) for i in range(12)]
    for number, frame in enumerate(seen):
        np.testing.assert_array_equal(frame.image, numbered(number))
        assert frame.image.flags.writeable


def test_image_pattern(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbers_of(read_frames(str(images / "frame1*.png"))) == [1, 10, 11]
    monkeypatch.chdir(images)
    assert numbers_of(read_frames("frame[2-5].*", start=0.04, stride=2)) == [3, 5]


@pytest.mark.parametrize("suffix", ["bmp", "jpeg", "JPG", "png", "ppm", "tif", "tiff", "webp"])
def test_image_formats(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(numbered(30)).save(tmp_path / f"1.{suffix}")
    assert numbers_of(read_frames(tmp_path)) == [30]


def test_images_are_shown_as_a_viewer_does(tmp_path: Path) -> None:
    orientation = Image.Exif()
    orientation[0x0112] = 6  # turn clockwise
    picture = numbered(5)
    picture[:10] = 255
    Image.fromarray(picture).save(tmp_path / "1.png", exif=orientation)
    deep = np.full((64, 48), 150 * 257, np.uint16)
    Image.fromarray(deep).save(tmp_path / "2.png")
    alpha = np.full((64, 48, 4), (10, 20, 30, 0), np.uint8)
    Image.fromarray(alpha).save(tmp_path / "3.png")
    turned, gray, plain = read_frames(tmp_path)
    np.testing.assert_array_equal(turned.image, np.rot90(picture, -1))
    np.testing.assert_array_equal(gray.image, np.full((64, 48, 3), 150))
    np.testing.assert_array_equal(plain.image, np.full((64, 48, 3), 128))


def test_damaged_images_are_skipped_and_counted(images: Path) -> None:
    for number in (0, 4):
        cut(images / f"frame{number}.png", 0.5)
    (images / "frame7.png").write_text("not an image")
    frames = read_frames(images)
    assert [frame.index for frame in frames] == [1, 2, 3, 5, 6, 8, 9, 10, 11]
    assert frames.unreadable == 3


def test_images_of_different_size(images: Path) -> None:
    Image.fromarray(np.zeros((30, 20, 3), np.uint8)).save(images / "frame3.png")
    frames = read_frames(images)
    with pytest.raises(VideoError, match=r"frame3\.png' has 20x30 pixels.* first frame has 64x48"):
        list(frames)
