"""Reading files: right order, times and pixels, damage survived, all released."""

from __future__ import annotations

import gc
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import psutil
import pytest
from av.video.reformatter import Colorspace
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.errors import ConfigError, VideoError
from samtracker.types import Frame
from samtracker.video.read import VideoInfo, read_frames
from tests.helpers.clips import (
    SIZE,
    TICK,
    big_buck_bunny,
    cut,
    damage,
    number_of,
    numbered,
    numbers_of,
    write_clip,
)

NUMBERS = range(40)
COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 64, 200)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 numbered frames, a keyframe every 10, with B frames between."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return write_clip(path, map(numbered, NUMBERS), options={"g": "10", "bf": "3"})


def open_files() -> set[str]:
    return {file.path for file in psutil.Process().open_files()}


def test_file(clip: Path) -> None:
    frames = read_frames(clip)
    assert frames.info == VideoInfo(size=SIZE, fps=25.0, frames=40, duration=1.6)
    assert frames.path == clip
    seen = list(frames)
    assert [frame.index for frame in seen] == list(NUMBERS)
    assert [frame.time for frame in seen] == [number / 25 for number in NUMBERS]
    assert numbers_of(seen) == list(NUMBERS)
    assert (frames.unreadable, frames.truncated) == (0, False)
    for frame in seen:
        assert frame.image.shape == (*SIZE, 3)
        assert frame.image.dtype == np.uint8
        assert frame.image.flags.c_contiguous
        assert frame.image.flags.writeable


def test_real_file() -> None:
    path = big_buck_bunny()
    with read_frames(str(path)) as frames:
        assert frames.info == VideoInfo(size=(720, 1280), fps=25.0, frames=132, duration=5.28)
        seen = [(frame.index, frame.time, frame.image.shape) for frame in frames]
    assert seen == [(i, i / 25, (720, 1280, 3)) for i in range(132)]
    assert (frames.unreadable, frames.truncated) == (0, False)


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "a.mov", "12:30 %d.mp4"])
def test_containers(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_clip(Path(name), map(numbered, range(10)))
    frames = read_frames(name)
    seen = list(frames)
    assert [frame.time for frame in seen] == pytest.approx([i / 25 for i in range(10)])
    assert numbers_of(seen) == list(range(10))
    assert frames.info.frames == 10
    assert not frames.truncated


def test_raw_stream_without_times(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.h264", map(numbered, range(10)))
    frames = read_frames(path)
    assert (frames.info.frames, frames.info.duration) == (None, None)
    assert [(frame.index, frame.time) for frame in frames] == [(i, i / 25) for i in range(10)]


def test_ntsc_rate(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", map(numbered, range(30)), rate=Fraction(30000, 1001))
    frames = read_frames(path)
    assert frames.info.fps == 30000 / 1001
    assert [frame.time for frame in frames] == [float(Fraction(1001 * i, 30000)) for i in range(30)]


def test_variable_rate(tmp_path: Path) -> None:
    times = [Fraction(ms, 1000) for ms in (0, 40, 50, 200, 201, 1500, 1533)]
    path = write_clip(tmp_path / "a.mp4", map(numbered, range(7)), times=times)
    frames = list(read_frames(path))
    assert [frame.time for frame in frames] == [float(time) for time in times]
    assert numbers_of(frames) == list(range(7))


def test_first_frame_is_at_zero(tmp_path: Path) -> None:
    times = [Fraction(3) + Fraction(i, 25) for i in range(10)]
    path = write_clip(tmp_path / "a.ts", map(numbered, range(10)), times=times)
    with av.open(str(path)) as container:
        assert container.start_time == 3 * av.time_base
    seen = [frame.time for frame in read_frames(path)]
    assert seen == pytest.approx([i / 25 for i in range(10)])


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("degrees", [0, 90, 180, -90])
def test_rotation(tmp_path: Path, degrees: int, mirrored: bool) -> None:
    stored = np.zeros((48, 64, 3), np.uint8)
    stored[:24, :32] = 255
    stored[:24, 32:] = 160
    stored[24:, :32] = 80
    path = write_clip(tmp_path / "a.mp4", [stored] * 3, rotation=(degrees, mirrored))
    shown = np.rot90(stored, degrees // 90)
    frames = read_frames(path)
    assert frames.info.size == shown.shape[:2]
    for frame in frames:
        expected = shown[:, ::-1] if mirrored else shown
        assert np.abs(frame.image.astype(int) - expected).mean() < 4
        assert frame.image.flags.c_contiguous


@pytest.mark.parametrize(
    ("matrix", "tag", "value_range", "height"),
    [
        (Colorspace.ITU709, 1, 1, 64),
        (Colorspace.ITU709, 1, 2, 64),
        (Colorspace.ITU601, 6, 1, 64),
        (Colorspace.ITU601, 6, 2, 64),
        (Colorspace.ITU601, 2, 1, 64),  # no tag: players take small video for BT.601
        (Colorspace.ITU709, 2, 1, 720),  # and HD for BT.709
    ],
)
def test_colors(
    tmp_path: Path, matrix: Colorspace, tag: int, value_range: int, height: int
) -> None:
    image = np.repeat(np.array(COLORS, np.uint8)[None], 32, axis=1).repeat(height, axis=0)
    path = write_clip(
        tmp_path / "a.mp4", [image], color=(matrix, tag, value_range), options={"crf": "5"}
    )
    (frame,) = read_frames(path)
    shown = frame.image[height // 2, 16::32].astype(int)
    assert np.abs(shown - COLORS).max() <= 3


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    start=st.integers(0, 39).map(lambda i: i / 25) | st.floats(0, 1.59),
    length=st.none() | st.floats(0.001, 2),
    stride=st.integers(1, 7),
)
def test_selection(clip: Path, start: float, length: float | None, stride: int) -> None:
    end = None if length is None else start + length
    chosen = [i for i in NUMBERS if start <= i / 25 and (end is None or i / 25 < end)][::stride]
    frames = list(read_frames(clip, start=start, end=end, stride=stride))
    assert [frame.index for frame in frames] == chosen
    assert [frame.time for frame in frames] == [i / 25 for i in chosen]
    assert numbers_of(frames) == chosen


@pytest.mark.parametrize(
    ("skip", "left_out"),
    [
        ([(3, 5)], {3, 4, 5}),
        (((0, 0), (38, 99)), {0, 38, 39}),
        ([(0.2, 0.28), (0.24, 1)], set(range(5, 25))),
        ([(10, 12), (1.2, float("inf"))], {10, 11, 12, *range(30, 40)}),
    ],
)
def test_ranges_that_are_left_out(clip: Path, skip: Any, left_out: set[int]) -> None:
    for stride in (1, 3):
        frames = list(read_frames(clip, skip=skip, stride=stride))
        chosen = [number for number in NUMBERS[::stride] if number not in left_out]
        assert [frame.index for frame in frames] == chosen
        assert numbers_of(frames) == chosen


def test_selection_where_frames_refer_across_keyframes(tmp_path: Path) -> None:
    path = write_clip(
        tmp_path / "a.ts", map(numbered, NUMBERS), codec="mpeg2video", options={"bf": "2"}
    )
    whole = list(read_frames(path))
    for start in (0.5, 0.52, 1.0, 1.3):
        part = list(read_frames(path, start=start))
        expected = [frame for frame in whole if frame.time >= start]
        assert [frame.index for frame in part] == [frame.index for frame in expected]
        for frame, other in zip(part, expected, strict=True):
            np.testing.assert_array_equal(frame.image, other.image)


def test_frames_hidden_by_an_edit_list(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", map(numbered, NUMBERS), options={"g": "10"})
    data = bytearray(path.read_bytes())
    edit = data.index(b"elst") + 12  # version, flags and count; then duration and first time
    duration, first = struct.unpack_from(">ii", data, edit)
    (second,) = struct.unpack_from(">i", data, data.index(b"mvhd") + 16)  # in units of the duration
    struct.pack_into(
        ">ii", data, edit, duration - 6 * second // 10, first + 14 * TICK.denominator // 25
    )
    path.write_bytes(data)
    frames = read_frames(path)
    shown = list(range(14, 39))
    assert [(f.index, f.time, number_of(f.image)) for f in frames] == [
        (index, index / 25, number) for index, number in enumerate(shown)
    ]
    assert (frames.info.duration, frames.truncated) == (1.0, False)
    late = next(read_frames(path, start=0.4))
    assert (late.index, late.time, number_of(late.image)) == (10, 0.4, 24)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"start": -1.0}, "start=-1.0"),
        ({"start": float("nan")}, "start=nan"),
        ({"start": 1.0, "end": 1.0}, "end=1.0"),
        ({"end": float("nan")}, "end=nan"),
        ({"stride": 0}, "stride=0"),
        ({"start": "x"}, "start='x' does not fit: give seconds"),
        ({"end": [1.0]}, r"end=\[1.0\] does not fit: give seconds"),
        ({"stride": 1.5}, "stride=1.5 does not fit: give a whole number"),
        ({"stride": np.ones(2)}, "does not fit: give a whole number"),
        ({"start": 1.6}, "start=1.6 is past the end"),
        ({"skip": [(5, 3)]}, "skip=5-3 ends before it begins"),
        ({"skip": [(0.5, 0.5)]}, "skip=0.5s-0.5s ends before it begins"),
        ({"skip": [(3, 0.5)]}, r"skip=\(3, 0.5\) is no range: give the numbers of two frames"),
        ({"skip": [(-1, 3)]}, r"skip=\(-1, 3\) is no range"),
        ({"skip": [3, 5]}, "skip=3 is no range"),
        ({"skip": "3-5"}, "skip='3-5' does not fit: give ranges"),
        ({"skip": [(1, 2), (40, 50)]}, "skip=40-50 is past the end of .*, which has 40 frames"),
        ({"skip": [(1.6, 2.0)]}, "skip=1.6s-2s is past the end of .*, which lasts 1.600 s"),
    ],
)
def test_impossible_selection(clip: Path, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        read_frames(clip, **options)
    assert str(clip) not in open_files()


@pytest.mark.parametrize("source", [None, True, 1.5, b"a.mp4", "\0.mp4", ["a.mp4"], np.zeros(3)])
def test_what_is_no_source(source: Any) -> None:
    with pytest.raises(VideoError, match=r"source=.* is no path: give a str or a Path"):
        read_frames(source)


def test_damaged_frames_are_skipped_and_counted(tmp_path: Path) -> None:
    path = damage(write_clip(tmp_path / "a.mp4", map(numbered, NUMBERS)), 3000)
    frames = read_frames(path)
    seen = list(frames)
    assert frames.unreadable > 0
    assert len(seen) + frames.unreadable == 40
    assert [frame.index for frame in seen] == list(range(len(seen)))
    assert seen[-1].time == 39 / 25
    assert number_of(seen[0].image) == 0
    assert not frames.truncated


@pytest.mark.parametrize(
    ("name", "movflags"),
    [("a.mp4", "+faststart"), ("a.mp4", "frag_keyframe+empty_moov"), ("a.mkv", "")],
)
def test_truncated_file_gives_what_there_is(tmp_path: Path, name: str, movflags: str) -> None:
    path = tmp_path / name
    write_clip(path, map(numbered, NUMBERS), options={"g": "5"}, movflags=movflags)
    frames = read_frames(cut(path, 0.6))
    seen = list(frames)
    assert 15 <= len(seen) <= 30
    assert numbers_of(seen) == list(range(len(seen)))
    assert frames.truncated
    with pytest.raises(VideoError) as told:
        frames.check_complete()
    assert str(told.value) == f"'{path}' is cut off or damaged at its end"


def test_transport_stream_that_ends_within_a_packet(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.ts", map(numbered, NUMBERS), options={"g": "5"})
    whole = path.read_bytes()
    for size, truncated in ((188 * 40, False), (188 * 40 + 100, True)):
        path.write_bytes(whole[:size])
        frames = read_frames(path)
        seen = list(frames)
        assert 3 <= len(seen) < 40
        assert frames.truncated == truncated


def test_half_a_frame_is_not_shown(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.h264", map(numbered, NUMBERS), options={"bf": "0"})
    frames = read_frames(cut(path, 0.5))
    seen = list(frames)
    assert frames.unreadable == 1
    assert [number_of(frame.image) for frame in seen] == list(range(len(seen)))
    for frame in seen:
        assert np.abs(frame.image.astype(int) - numbered(frame.index)).mean() < 12


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize("sound", [0.5, 4.0])
def test_audio_of_another_length_is_no_truncation(tmp_path: Path, name: str, sound: float) -> None:
    path = write_clip(tmp_path / name, map(numbered, NUMBERS), audio="aac", sound=sound)
    frames = read_frames(path)
    assert numbers_of(frames) == list(NUMBERS)
    assert not frames.truncated
    frames.check_complete()


def test_plain_truncated_mp4(clip: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.mp4"
    path.write_bytes(clip.read_bytes())
    with pytest.raises(VideoError, match=r"cut\.mp4' is damaged or incomplete.*again"):
        read_frames(cut(path, 0.5))


def test_nothing_left_to_decode(clip: Path, tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", map(numbered, NUMBERS), movflags="+faststart")
    data = path.read_bytes()
    path.write_bytes(data[: data.index(b"mdat") + 8])
    with pytest.raises(VideoError, match=r"no frame of '.*a\.mp4' can be read"):
        read_frames(path)
    assert str(path) not in open_files()


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write_clip(tmp_path / "a.mp4", map(numbered, NUMBERS), movflags="+faststart")
    assert len(list(read_frames(cut(damage(path, 3000), 0.8)))) > 10
    assert capfd.readouterr() == ("", "")


def test_released_at_the_end(clip: Path) -> None:
    frames = read_frames(clip)
    assert str(clip) in open_files()
    for _ in frames:
        pass
    assert str(clip) not in open_files()
    assert next(frames, None) is None


def test_released_by_end_and_close(clip: Path) -> None:
    frames = read_frames(clip, end=0.2)
    assert len(list(frames)) == 5
    assert str(clip) not in open_files()
    frames = read_frames(clip)
    frames.close()
    frames.close()
    assert str(clip) not in open_files()
    assert next(frames, None) is None


def test_released_by_an_exception(clip: Path) -> None:
    def fail() -> None:
        with read_frames(clip) as frames:
            for frame in frames:
                raise KeyError(frame.index)

    with pytest.raises(KeyError):
        fail()
    assert str(clip) not in open_files()


def test_released_when_forgotten(clip: Path) -> None:
    gc.disable()
    try:
        frames = read_frames(clip)
        next(frames)
        assert str(clip) in open_files()
        del frames
        assert str(clip) not in open_files()
    finally:
        gc.enable()


def test_info_does_not_cost_a_frame(clip: Path) -> None:
    frames = read_frames(clip, start=0.4)
    assert frames.info.size == SIZE
    first: Frame = next(frames).image
    assert number_of(first) == 10
    frames.close()
