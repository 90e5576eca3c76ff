"""file: URLs, which are the paths of files."""

from __future__ import annotations

from pathlib import Path

import pytest

from samtracker.errors import VideoError
from samtracker.video.location import locate_source
from samtracker.video.read import read_frames
from tests.helpers.clips import numbered, numbers_of, write_clip


@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("file:///a%20b.mp4", Path("/a b.mp4")),
        ("file:/a%20b.mp4", Path("/a b.mp4")),
        ("FILE://localhost/take%20%231.mp4", Path("/take #1.mp4")),
        ("file:///100%.mp4", Path("/100%.mp4")),
        ("file:///what?.mp4", Path("/what?.mp4")),
        ("a%20b.mp4", Path("a%20b.mp4")),
        (Path("file:/a%20b.mp4"), Path("file:/a%20b.mp4")),
        ("rtsp://host/a%20b", "rtsp://host/a%20b"),
    ],
)
def test_a_file_url_is_a_path(source: str | Path, path: Path | str) -> None:
    assert locate_source(source) == path


def test_a_file_of_another_machine() -> None:
    with pytest.raises(VideoError, match="is on another machine, nas: give the path of a file"):
        read_frames("file://nas/a.mp4")


def test_a_file_url_is_read_as_the_file_is(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "a b.mp4", map(numbered, range(5)))
    with read_frames(clip.as_uri()) as frames:
        assert (frames.path, frames.is_live) == (clip, False)
        assert numbers_of(frames) == list(range(5))
