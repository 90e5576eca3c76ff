"""Cuts to another scene are found, and what only looks like one is not."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest

from samtracker.types import Frame
from samtracker.video.cut_detector import CutDetector
from tests.helpers.scenes import BLUE, RED, film

BALLS = [shot.frame for shot in film([RED, BLUE], 8)]
OTHER = [255 - frame[::-1, ::-1] for frame in BALLS]
PANORAMA = np.concatenate([BALLS[0], BALLS[7][:, ::-1], BALLS[4]], axis=1)


def cuts(frames: Iterable[Frame]) -> list[int]:
    """The frames before which there is a cut."""
    detector = CutDetector()
    return [number for number, frame in enumerate(frames) if detector.is_cut(frame)]


def lit(frame: Frame, gain: float, more: int = 0) -> Frame:
    return np.asarray(np.clip(frame * gain + more, 0, 255), np.uint8)


def test_cuts_are_found_in_both_directions() -> None:
    frames = [*BALLS[:3], *OTHER[:3], *BALLS[3:]]
    assert cuts(frames) == [3, 6]
    assert cuts(frames[::-1]) == [5, 8]


@pytest.mark.parametrize(
    "frames",
    [
        BALLS,
        [*BALLS[:2], *BALLS[6:]],
        [np.zeros_like(BALLS[0]), np.full_like(BALLS[0], 90), np.zeros_like(BALLS[0])],
        [PANORAMA[:, place : place + 160] for place in range(0, 320, 32)],
        [*BALLS[:3], lit(BALLS[3], 1.5, 40), *BALLS[4:]],
        [*BALLS[:3], *(lit(frame, 0.4) for frame in BALLS[3:])],
        [lit(frame, 1 - number / 8) for number, frame in enumerate(BALLS)],
    ],
    ids=["motion", "a jump", "blank frames", "a quick pan", "a flash", "light", "a fade"],
)
def test_what_is_no_cut(frames: list[Frame]) -> None:
    assert cuts(frames) == []
