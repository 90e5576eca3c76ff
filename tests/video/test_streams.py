"""Which of several video streams is read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from samtracker.errors import ConfigError
from samtracker.video.read import read_frames
from tests.corpus.videos import with_previews
from tests.helpers.clips import numbered, numbers_of, write_clip


@pytest.mark.parametrize("name", ["a.mp4", "a.mov", "a.mkv", "a.ts"])
def test_a_preview_is_not_what_is_read(tmp_path: Path, name: str) -> None:
    frames = read_frames(with_previews(tmp_path / name))
    assert numbers_of(frames) == list(range(10))
    assert frames.info.stream == 1
    (note,) = frames.notes
    assert "3 video streams: number 1 is read, with 64x48 pixels" in note


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_the_default_stream_is_read(tmp_path: Path, name: str) -> None:
    frames = read_frames(with_previews(tmp_path / name, default=2))
    assert numbers_of(frames) == list(range(20, 30))


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
def test_a_stream_is_read_by_its_number(tmp_path: Path, name: str) -> None:
    path = with_previews(tmp_path / name)
    shown = [[40], list(range(10)), list(range(20, 30))]
    for number, numbers in enumerate(shown):
        frames = read_frames(path, stream=number)
        assert numbers_of(frames) == numbers
        assert (frames.info.stream, frames.notes) == (number, ())


def test_no_such_stream(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "a.mp4", [numbered(0)])
    for number in (1, -1):
        with pytest.raises(ConfigError, match=rf"stream={number} is not in '.*a\.mp4'"):
            read_frames(path, stream=number)
    picture = tmp_path / "a.png"
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(picture)
    with pytest.raises(ConfigError, match="stream=0 does not fit"):
        read_frames(picture, stream=0)
