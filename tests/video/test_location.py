"""file: URLs, which are the paths of files."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from samtracker.errors import VideoError
from samtracker.jobs.record import lasting
from samtracker.video.location import locate_source
from samtracker.video.read import read_frames
from tests.helpers.cli_tools import box_of, samtrack, two_balls
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
    assert lasting(clip.as_uri()) == str(clip)


def test_a_file_url_is_tracked_with_its_audio(folder: Path) -> None:
    clip = two_balls(folder / "two balls.mp4", audio="aac")
    done = samtrack(
        "track", clip.as_uri(), "--init-box", box_of(1), "--save", "overlay", "--end", "0.1"
    )
    assert done.code == 0, done.err
    (made,) = folder.glob("**/overlay.mp4")
    assert made.parent.name.startswith("two_balls")
    with av.open(str(made)) as overlay:
        assert len(overlay.streams.audio) == 1
    refused = samtrack(
        "live",
        clip.as_uri(),
        "--headless",
        "--init-box",
        box_of(1),
        "--record",
        clip,
        "--overwrite",
    )
    assert (refused.code, "is read, and would be replaced with" in refused.errors[0]) == (2, True)
