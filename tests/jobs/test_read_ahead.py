"""Frames that are read by a thread of their own come as if they were not."""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from samtracker.errors import VideoError
from samtracker.jobs.read_ahead import AHEAD, ReadAhead
from samtracker.video.read import read_frames
from samtracker.video.stills import write_still
from tests.helpers.clips import numbered, numbers_of, write_clip

COUNT = 12


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """With a keyframe for every picture."""
    images = [numbered(number) for number in range(COUNT)]
    return write_clip(tmp_path / "a.mp4", images, options={"g": "1"}, movflags="faststart")


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if "ahead" in thread.name]


def test_they_are_those_of_the_reader(clip: Path) -> None:
    with read_frames(clip) as reader, ReadAhead(reader) as frames:
        assert next(reader).index == 0  # the thread begins with the first frame that it is to read
        ahead = []
        for frame in frames:
            assert len(threads()) == 1
            ahead.append(frame)
    assert threads() == []
    with read_frames(clip) as reader:
        plain = list(reader)[1:]
    assert [(frame.index, frame.time) for frame in ahead] == [
        (frame.index, frame.time) for frame in plain
    ]
    for one, other in zip(ahead, plain, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_only_a_few_are_read_before_they_are_asked_for(clip: Path) -> None:
    with read_frames(clip) as reader:
        with ReadAhead(reader) as frames:
            assert numbers_of([next(frames)]) == [0]
        # Those that were waiting to be read are not any more.
        rest = numbers_of(reader)
    assert COUNT - 1 - AHEAD <= len(rest) < COUNT
    assert rest == list(range(COUNT - len(rest), COUNT))


def test_what_comes_later_is_not_known_before(clip: Path) -> None:
    data = clip.read_bytes()
    clip.write_bytes(data[: int(0.6 * len(data))])
    with read_frames(clip) as reader:
        assert not reader.state.truncated
        with ReadAhead(reader) as frames:
            states = []
            for _ in frames:
                states.append(frames.state)
            assert frames.state == reader.state
    assert 1 < len(states) < COUNT
    assert not any(state.truncated for state in states)
    assert {state.unreadable for state in states} == {0}
    assert reader.state.truncated


def test_a_thread_ends_with_what_went_wrong(clip: Path) -> None:
    with read_frames(clip) as reader:
        frames = ReadAhead(reader)
        with suppress(ArithmeticError), frames:
            next(frames)
            raise ArithmeticError
        assert threads() == []


def test_pictures_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    for number, width in enumerate((64, 64, 48)):
        write_still(tmp_path / f"{number}.png", numbered(number)[:, :width])
    seen = []
    with read_frames(tmp_path) as reader, ReadAhead(reader) as frames:
        with pytest.raises(VideoError, match=r"2\.png' has 48x48 pixels"):
            seen += [frame.index for frame in iter(lambda: next(frames), None)]
        assert threads() == []
