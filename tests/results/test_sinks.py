"""The files of a job."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import pytest

from samtracker.errors import OutputError
from samtracker.results.sinks import Sinks
from samtracker.types import FrameResult
from samtracker.video.read import read_frames
from samtracker.video.stills import read_still
from tests.helpers.cli_tools import two_balls
from tests.helpers.clips import SIZE, numbered, write_clip


@pytest.mark.parametrize("stride", [1, 2, 10_000])
def test_the_stride_slows_the_frame_rate_down(tmp_path: Path, stride: int) -> None:
    with read_frames(two_balls(tmp_path / "balls.mp4")) as reader:
        frame = next(reader)
        with Sinks(("overlay",), tmp_path, reader, stride) as sinks:
            nothing = FrameResult(index=0, timestamp=0.0, size=reader.info.size, objects=())
            sinks.write(frame, nothing)
            sinks.write(replace(frame, time=stride / 25), nothing)
    with av.open(f"file:{tmp_path / 'overlay.mp4'}") as video:
        # As long as it is in the source, but never more than 100 seconds a frame.
        assert (video.duration or 0) / av.time_base == pytest.approx(
            stride / 25 + min(stride / 25, 100), rel=1e-3
        )


def test_pixels_keep_their_shape(tmp_path: Path) -> None:
    aspect = Fraction(64, 45)
    with read_frames(write_clip(tmp_path / "a.mp4", [numbered(0)], aspect=aspect)) as reader:
        frame = next(reader)
        nothing = FrameResult(index=0, timestamp=0.0, size=reader.info.size, objects=())
        with Sinks(("overlay", "alpha", "masks"), tmp_path, reader, 1) as sinks:
            sinks.write(frame, nothing)
    for name in ("overlay.mp4", "alpha.mov"):
        again = read_frames(tmp_path / name)
        assert (again.info.size, again.info.sample_aspect_ratio) == (SIZE, aspect)
    (mask,) = (tmp_path / "masks").iterdir()
    assert read_still(mask).shape[:2] == SIZE


def test_a_file_that_cannot_be_opened_leaves_none_open(tmp_path: Path) -> None:
    (tmp_path / "tracks.csv").mkdir()
    with (
        read_frames(two_balls(tmp_path / "balls.mp4")) as reader,
        Sinks(("overlay", "csv"), tmp_path, reader, 1) as sinks,
    ):
        nothing = FrameResult(index=0, timestamp=0.0, size=reader.info.size, objects=())
        with pytest.raises(OutputError, match=r"tracks\.csv' cannot be written"):
            sinks.write(next(reader), nothing)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["balls.mp4", "tracks.csv"]
