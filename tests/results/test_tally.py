"""Counts of a tracker at work."""

from __future__ import annotations

from dataclasses import replace

from samtracker.results.tally import Tally
from samtracker.types import FrameResult, State
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, SHOTS


def test_the_tally_reports_the_median_and_the_slow_frames() -> None:
    tally = Tally()
    assert tally.fps == {"p50": None, "p95": None}
    nothing = FrameResult(index=0, timestamp=None, size=(4, 4), objects=())
    for seconds in (None, *[0.1] * 10, *[0.5] * 2):
        tally.add(nothing, seconds)
    assert tally.frames == 13
    # The 95th percentile of twelve lies within the two slow ones.
    assert tally.fps == {"p50": 10.0, "p95": 2.0}


def test_the_tally_counts_states_by_object(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    tally = Tally()
    tally.add(tracker.init(FRAMES[0], mask=SHOTS[0].ids), None)
    result = tracker.step(FRAMES[1])
    lost = replace(result[2], state=State.LOST)
    tally.add(replace(result, objects=(result[1], lost)), 0.1)
    assert tally.objects == {1: {"tracking": 2}, 2: {"tracking": 1, "lost": 1}}
