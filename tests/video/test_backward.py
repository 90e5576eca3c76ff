"""Reading from the last frame to the first: the same frames, and few of them held at a time."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samtracker.errors import VideoError
from samtracker.video import file
from samtracker.video.read import VideoFrame, read_frames
from tests.corpus.videos import joined
from tests.helpers.clips import SIZE, damage, numbered, numbers_of, write_clip

NUMBERS = range(24)
FEW = 4 * SIZE[0] * SIZE[1] * 3 // 2
"""Bytes of four pictures."""


def assert_same(path: Path | str, **settings: Any) -> list[VideoFrame]:
    """Checks that a source gives the same frames in both directions, and returns them."""
    forward = list(read_frames(path, **settings))
    with read_frames(path, backward=True, **settings) as reader:
        backward = list(reader)[::-1]
        places = list(reader.places)
    assert [(f.index, f.time, f.source, f.stem) for f in backward] == [
        (f.index, f.time, f.source, f.stem) for f in forward
    ]
    for one, other in zip(forward, backward, strict=True):
        np.testing.assert_array_equal(one.image, other.image)
    assert places == [(frame.index, frame.time) for frame in forward]
    return backward


@pytest.mark.parametrize("held", [FEW, file.HELD])
@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.ts"])
@pytest.mark.parametrize("keys", ["g=1", "g=10:bf=3", "g=300:bf=3", "g=8:bf=3:open-gop=1"])
def test_files(
    tmp_path: Path, name: str, keys: str, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file, "HELD", held)
    options = dict(part.split("=") for part in keys.split(":"))
    if "open-gop" in options:
        options = {"x264-params": "keyint=8:bframes=3:open-gop=1:scenecut=0"}
    path = write_clip(tmp_path / name, map(numbered, NUMBERS), options=options)
    assert numbers_of(assert_same(path)) == list(NUMBERS)
    assert_same(path, start=0.3, end=0.8, stride=3, skip=[(12, 12), (0.6, 0.7)])


def test_avi_without_b_frames(tmp_path: Path) -> None:
    assert_same(write_clip(tmp_path / "a.avi", map(numbered, NUMBERS), options={"bf": "0"}))


def test_a_variable_rate_and_a_first_time(tmp_path: Path) -> None:
    times = [3 + Fraction(ms, 1000) for ms in (0, 40, 50, 200, 201, 1500, 1533)]
    assert_same(write_clip(tmp_path / "a.mp4", map(numbered, range(7)), times=times))


def test_pictures_and_animations(tmp_path: Path) -> None:
    pictures = [Image.fromarray(numbered(number)) for number in range(6)]
    (tmp_path / "pictures").mkdir()
    for number, picture in enumerate(pictures):
        picture.save(tmp_path / "pictures" / f"{number}.png")
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=70)
    assert numbers_of(assert_same(tmp_path / "pictures", stride=2)) == [0, 2, 4]
    assert [frame.source for frame in assert_same(tmp_path / "pictures")][5] == "5.png"
    assert_same(tmp_path / "a.gif", start=0.1)


def test_few_pictures_are_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "HELD", FEW)
    path = write_clip(tmp_path / "a.mp4", map(numbered, NUMBERS), options={"g": "300"})
    source = file.FileSource(path)
    source.times()
    numbers = list(NUMBERS)[::-1]
    index = source._index
    assert index is not None
    assert [list(run) for run in index.runs(numbers, 4)] == [
        numbers[first : first + 4] for first in range(0, 24, 4)
    ]
    source.close()


def test_what_is_damaged_is_left_out(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", map(numbered, NUMBERS), options={"g": "6"})
    whole = {frame.time: frame.image for frame in read_frames(path)}
    damage(path, 600)
    seen = list(read_frames(path, backward=True))
    assert [frame.time for frame in seen] == sorted((f.time for f in seen), reverse=True)
    assert {0 / 25, 5 / 25, 23 / 25} <= {frame.time for frame in seen} <= set(whole)
    for frame in (seen[0], seen[-1]):  # of groups of pictures that are whole
        np.testing.assert_array_equal(frame.image, whole[frame.time])


def test_what_cannot_be_read_backward_is_refused(tmp_path: Path) -> None:
    raw = write_clip(tmp_path / "a.h264", map(numbered, range(10)))
    jumping = joined(tmp_path / "a.ts", [0, 0])
    moving = {"x264-params": "keyint=8:bframes=3:open-gop=1:scenecut=0"}
    avi = write_clip(tmp_path / "b.avi", map(numbered, range(10)), options=moving)
    for path in (raw, jumping, avi):  # AVI has no times of B-frames
        with pytest.raises(VideoError, match=r"cannot be read backward, for its time stamps jump"):
            read_frames(path, backward=True)
    os.mkfifo(tmp_path / "pipe.ts")
    streamed = write_clip(tmp_path / "b.ts", map(numbered, range(10))).read_bytes()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: (tmp_path / "pipe.ts").write_bytes(streamed))
        with pytest.raises(VideoError, match=r"for it comes once: save it to a file first"):
            read_frames(tmp_path / "pipe.ts", backward=True)
        assert writing.exception() is None or isinstance(writing.exception(), BrokenPipeError)
