"""Pictures of a video that have to be turned."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from samtracker.video.live_source import LiveSource
from samtracker.video.read import read_frames
from tests.corpus.videos import exif_mjpeg, quarters
from tests.helpers.clips import numbered, write_clip

UPRIGHT = {
    1: quarters(),
    2: quarters()[:, ::-1],
    3: quarters()[::-1, ::-1],
    4: quarters()[::-1],
    5: quarters().swapaxes(0, 1),
    6: np.rot90(quarters(), -1),
    7: np.rot90(quarters(), 2).swapaxes(0, 1),
    8: np.rot90(quarters()),
}
"""By the EXIF orientation, which names the sides of the picture that row 0 and column 0 are."""


@pytest.mark.parametrize("name", ["a.avi", "a.mov"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_exif_data(tmp_path: Path, name: str, orientation: int) -> None:
    seen = list(read_frames(exif_mjpeg(tmp_path / name, orientation)))
    assert len(seen) == 3
    expected = UPRIGHT[orientation]
    for frame in seen:
        assert frame.image.shape == expected.shape
        assert np.abs(frame.image.astype(int) - expected).mean() < 2


def test_exif_data_live(tmp_path: Path) -> None:
    with LiveSource(exif_mjpeg(tmp_path / "a.avi", 6)) as live:
        frame = live.read(timeout=30)
    assert frame is not None
    assert np.abs(frame.image.astype(int) - UPRIGHT[6]).mean() < 2


@pytest.mark.parametrize(
    ("degrees", "shown"), [(0, Fraction(64, 45)), (90, Fraction(45, 64)), (180, Fraction(64, 45))]
)
def test_pixels_are_turned_as_well(tmp_path: Path, degrees: int, shown: Fraction) -> None:
    path = write_clip(
        tmp_path / "a.mp4", [numbered(0)], rotation=(degrees, False), aspect=Fraction(64, 45)
    )
    assert read_frames(path).info.sample_aspect_ratio == shown
