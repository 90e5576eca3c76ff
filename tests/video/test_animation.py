"""Animations and the pages of a TIFF as frames: exact pixels, and the file's own times."""

from __future__ import annotations

from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.live_source import LiveSource
from samtracker.video.read import VideoInfo, read_frames
from tests.helpers.clips import SIZE, cut, numbered, numbers_of

KINDS: dict[str, dict[str, Any]] = {
    "gif": {},
    "apng": {"format": "PNG"},
    "png": {},
    "webp": {"lossless": True, "exact": True},
    "tif": {},
}


def block(number: int) -> Frame:
    """A square on its way over a plain ground: few colors, as a GIF keeps them."""
    frame = np.full((30, 40, 3), (10, 60, 200), np.uint8)
    frame[5:15, 3 * number % 30 : 3 * number % 30 + 8] = (250, 5 * number, 0)
    return frame


def write(path: Path, frames: list[Frame], **options: Any) -> Path:
    first, *others = (Image.fromarray(frame) for frame in frames)
    kind = KINDS[path.suffix[1:]]
    first.save(path, save_all=True, append_images=others, **kind, **options)
    return path


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    kind=st.sampled_from(["gif", "apng", "png", "webp"]),
    durations=st.lists(st.integers(2, 60).map(lambda cs: 10 * cs), min_size=2, max_size=7),
)
def test_frames_and_times_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, kind: str, durations: list[int]
) -> None:
    frames = [block(number) for number in range(len(durations))]
    path = tmp_path_factory.getbasetemp() / f"moving.{kind}"
    reader = read_frames(write(path, frames, duration=durations))
    total = sum(durations)
    fps = float(Fraction(1000 * len(frames), total))
    assert reader.info == VideoInfo(
        size=(30, 40), fps=fps, frames=len(frames), duration=total / 1000
    )
    assert not reader.is_live
    seen = list(reader)
    begins = [0, *accumulate(durations)][:-1]
    assert [frame.time for frame in seen] == [begin / 1000 for begin in begins]
    for frame, expected in zip(seen, frames, strict=True):
        np.testing.assert_array_equal(frame.image, expected)
    assert (reader.unreadable, reader.truncated) == (0, False)


def test_pages_of_a_tiff_come_25_a_second(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", [numbered(number) for number in range(9)])
    reader = read_frames(path)
    assert reader.info == VideoInfo(size=SIZE, fps=25.0, frames=9, duration=0.36)
    seen = list(reader)
    assert [frame.time for frame in seen] == [number / 25 for number in range(9)]
    for number, frame in enumerate(seen):
        np.testing.assert_array_equal(frame.image, numbered(number))


@pytest.mark.parametrize("kind", KINDS)
def test_a_part_of_an_animation(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / f"a.{kind}", [block(number) for number in range(9)], duration=40)
    seen = list(read_frames(path, start=0.08, end=0.32, stride=2))
    assert [frame.index for frame in seen] == [2, 4, 6]
    for frame in seen:
        np.testing.assert_array_equal(frame.image, block(frame.index))


@pytest.mark.parametrize("suffix", ["bmp", "gif", "jpg", "png", "ppm", "tif", "webp"])
def test_a_single_picture_is_one_frame(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(numbered(7)).save(tmp_path / f"a.{suffix}")
    reader = read_frames(tmp_path / f"a.{suffix}")
    assert reader.info == VideoInfo(size=SIZE, fps=25.0, frames=1, duration=0.04)
    assert numbers_of(reader) == [7]


def test_a_picture_for_viewers_of_stills_is_no_frame(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    frames = [block(number) for number in range(4)]
    write(path, [numbered(0)[:30, :40], *frames], duration=50, default_image=True)
    seen = list(read_frames(path))
    assert [frame.time for frame in seen] == [0.0, 0.05, 0.1, 0.15]
    for frame, expected in zip(seen, frames, strict=True):
        np.testing.assert_array_equal(frame.image, expected)


@pytest.mark.parametrize("kind", ["gif", "png"])
@pytest.mark.parametrize("share", [0.4, 0.55, 0.7, 0.85])
def test_a_file_that_was_cut_off_gives_what_there_is(
    tmp_path: Path, kind: str, share: float
) -> None:
    frames = [block(number) for number in range(12)]
    reader = read_frames(cut(write(tmp_path / f"a.{kind}", frames, duration=40), share))
    seen = list(reader)
    assert 2 <= len(seen) < 12
    assert [frame.index for frame in seen] == list(range(len(seen)))
    for frame in seen:
        np.testing.assert_array_equal(frame.image, block(frame.index))
    assert reader.unreadable > 0
    assert reader.truncated


def test_pages_of_another_size_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.tif", [block(0), block(1)[:20]])
    with pytest.raises(VideoError, match=r"frame 1 of .*a\.tif' has 40x20 pixels"):
        list(read_frames(path))


def test_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_text("GIF89a but nothing else")
    with pytest.raises(VideoError, match=r"a\.gif' is damaged, or no picture"):
        read_frames(tmp_path / "a.gif")
    (tmp_path / "b.webp").touch()
    with pytest.raises(VideoError, match=r"b\.webp' is empty"):
        read_frames(tmp_path / "b.webp")


def test_an_animation_is_played_live_at_its_own_speed_and_ends(tmp_path: Path) -> None:
    path = write(tmp_path / "a.webp", [block(number) for number in range(5)], duration=30)
    with LiveSource(path) as source:
        while not source.ended:
            source.read(0.5)
        assert (source.received, source.reconnects) == (5, 0)
