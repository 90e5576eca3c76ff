"""The frame rate that a source's frames are written at."""

from __future__ import annotations

import pytest

from samtracker.video.encoder import FPS_RANGE, output_fps


@pytest.mark.parametrize(
    ("source", "stride", "written"),
    [
        (30000 / 1001, 1, 30000 / 1001),
        (50.0, 2, 25.0),
        (None, 1, 25.0),
        (None, 5, 5.0),
        (25.0, 10_000, FPS_RANGE[0]),
        (90_000.0, 1, FPS_RANGE[1]),
    ],
)
def test_the_rate_of_a_source_is_kept_within_what_can_be_written(
    source: float | None, stride: int, written: float
) -> None:
    assert output_fps(source, stride) == written
