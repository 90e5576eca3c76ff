"""Objects that are said not to be in a frame, and scenes that end."""

from __future__ import annotations

import numpy as np

from samtracker.tracker import Tracker
from samtracker.types import FrameResult, State
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, film, iou

SHOTS = film([RED, BLUE], 9)


def started(tracker: Tracker, steps: int = 2) -> Tracker:
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    for shot in SHOTS[1 : steps + 1]:
        tracker.step(shot.frame)
    return tracker


def assert_same(found: FrameResult, wanted: FrameResult) -> None:
    np.testing.assert_array_equal(found.id_map, wanted.id_map)
    assert [item.score for item in found.objects] == [item.score for item in wanted.objects]


def test_an_absent_object_is_lost_and_comes_back(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker())
    tracker.rename(1, "red")
    for shot in SHOTS[3:6]:
        gone, seen = tracker.step(shot.frame, absent=[1]).objects
        assert (gone.id, gone.name, gone.state) == (1, "red", State.LOST)
        assert (gone.score, gone.box) == (0, None)
        assert not gone.mask.any()
        assert iou(seen.mask, shot.mask(2)) > 0.7
    back = [tracker.step(shot.frame)[1] for shot in SHOTS[6:]]
    assert [item.state for item in back] == [State.REACQUIRED, State.REACQUIRED, State.TRACKING]
    assert all(
        iou(item.mask, shot.mask(1)) > 0.7 for item, shot in zip(back, SHOTS[6:], strict=True)
    )


def test_nothing_of_a_frame_without_it_is_remembered(lite_tracker: MakeTracker) -> None:
    trackers = [started(lite_tracker()) for _ in range(2)]
    others = (SHOTS[3].frame, np.full_like(SHOTS[3].frame, 90))
    for tracker, frame in zip(trackers, others, strict=True):
        tracker.step(frame, absent=tracker.object_ids)
    for shot in SHOTS[4:6]:
        one, other = (tracker.step(shot.frame) for tracker in trackers)
        assert_same(one, other)


def test_an_absent_object_can_be_shown(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker())
    tracker.step(SHOTS[3].frame, absent=(1,))
    result = tracker.correct(SHOTS[3].frame, 1, mask=SHOTS[3].mask(1))
    np.testing.assert_array_equal(result[1].mask, SHOTS[3].mask(1))
    assert tracker.step(SHOTS[4].frame)[1].state is State.TRACKING


def test_behind_a_cut_objects_may_be_anywhere(lite_tracker: MakeTracker) -> None:
    """The wall moves with the balls, by more than is looked around the last place."""
    tracker = started(lite_tracker(), 4)
    shot = SHOTS[5]
    moved, where = np.roll(shot.frame, 70, axis=1), np.roll(shot.mask(1), 70, axis=1)
    result = tracker.step(moved, cut=True)
    assert result[1].state is State.REACQUIRED
    assert iou(result[1].mask, where) > 0.6
