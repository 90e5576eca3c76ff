"""Cameras as sources."""

from __future__ import annotations

import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest

from samtracker.errors import VideoError
from samtracker.video.read import VideoInfo, read_frames
from tests.helpers.clips import SIZE, write_clip


@pytest.mark.parametrize("source", [99, "99", "/dev/video99", Path("/dev/video99")])
def test_no_such_camera(source: int | str | Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VideoError, match="camera 99 cannot be opened"):
        read_frames(source)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "source",
    [-1, 2**31, 10**5000, "999999999999", "9" * 5000, "/dev/video99999999999"],
    ids=lambda source: str(type(source).__name__),
)
def test_no_number_of_a_camera(source: int | str) -> None:
    with pytest.raises(VideoError, match="no camera of that number"):
        read_frames(source)


def test_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.full((*SIZE, 3), (200, 40, 90), np.uint8)
    path = write_clip(tmp_path / "a.avi", [image] * 5, codec="mpeg4", options={"qscale": "1"})
    capture = cv2.VideoCapture(str(path))  # OpenCV reads it as it would a camera
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: capture)
    with read_frames("0") as frames:
        assert frames.info == VideoInfo(size=SIZE, fps=25.0, frames=None, duration=None)
        seen = list(frames)
    assert [frame.index for frame in seen] == [0, 1, 2, 3, 4]
    assert seen[0].time == 0
    assert all(one.time < other.time for one, other in itertools.pairwise(seen))
    assert np.abs(seen[0].image.astype(int) - (200, 40, 90)).max() <= 4
    assert frames.truncated
    assert not capture.isOpened()
