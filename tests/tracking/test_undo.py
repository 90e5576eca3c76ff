"""Names, corrections of any frame, and taking changes back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samtracker.errors import FrameError, NothingToUndoError, PromptError
from samtracker.tracker import Tracker
from samtracker.tracking.objects import UNDO
from samtracker.types import FrameResult
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, film, iou

TWO = film([RED, BLUE], 9)

CHANGES: dict[str, Callable[[Tracker, int], object]] = {
    "add": lambda tracker, at: tracker.add_object(TWO[at].frame, mask=TWO[at].mask(2)),
    "correct": lambda tracker, at: tracker.correct(TWO[at].frame, 1, mask=TWO[at].mask(2)),
    "another frame": lambda tracker, at: tracker.correct(
        TWO[at + 1].frame, 1, mask=TWO[at].mask(2)
    ),
    "remove": lambda tracker, _: tracker.remove_object(1),
    "rename": lambda tracker, _: tracker.rename(1, "ball"),
}


def started(tracker: Tracker, steps: int) -> Tracker:
    tracker.init(TWO[0].frame, mask=TWO[0].mask(1))
    for shot in TWO[1 : steps + 1]:
        tracker.step(shot.frame)
    return tracker


def assert_same(found: FrameResult, wanted: FrameResult) -> None:
    assert [(item.id, item.score, item.state, item.name) for item in found.objects] == [
        (item.id, item.score, item.state, item.name) for item in wanted.objects
    ]
    np.testing.assert_array_equal(found.id_map, wanted.id_map)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_undone_at_once_leaves_no_trace(lite_tracker: MakeTracker, change: str) -> None:
    straight, changed = started(lite_tracker(), 2), started(lite_tracker(), 2)
    CHANGES[change](changed, 2)
    assert_same(changed.undo(), _last(straight))
    for shot in TWO[3:]:
        assert_same(changed.step(shot.frame), straight.step(shot.frame))


def _last(tracker: Tracker) -> FrameResult:
    """The current result: naming an object what it is called already changes nothing."""
    return tracker.rename(1, "")


def test_changes_are_undone_one_after_the_other(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), 1)
    before = _last(tracker)
    tracker.add_object(TWO[1].frame, mask=TWO[1].mask(2))
    tracker.rename(2, "blue")
    tracker.remove_object(1)
    assert [(item.id, item.name) for item in tracker.undo().objects] == [(1, ""), (2, "blue")]
    assert [(item.id, item.name) for item in tracker.undo().objects] == [(1, ""), (2, "")]
    assert_same(tracker.undo(), before)
    tracker.undo()  # of the name in `_last`
    again = tracker.add_object(TWO[1].frame, mask=TWO[1].mask(2))
    assert [item.id for item in again.objects] == [1, 3]


def test_a_wrong_correction_is_undone_some_frames_later(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), 1)
    tracker.add_object(TWO[1].frame, mask=TWO[1].mask(2))
    tracker.correct(TWO[1].frame, 1, mask=~TWO[1].mask(2) & ~TWO[1].mask(1))
    for number in (2, 3):
        wrong = tracker.step(TWO[number].frame)
    assert iou(wrong[1].mask, TWO[3].mask(1)) < 0.2
    result = tracker.undo()
    assert result.index == 3
    assert iou(result[1].mask, TWO[3].mask(1)) > 0.8
    np.testing.assert_array_equal(result[2].mask, wrong[2].mask)
    result = tracker.step(TWO[4].frame)
    assert iou(result[1].mask, TWO[4].mask(1)) > 0.8
    assert iou(result[2].mask, TWO[4].mask(2)) > 0.8


def test_a_removed_object_comes_back_where_it_is_now(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), 1)
    tracker.remove_object(1)
    for number in (2, 3):
        assert tracker.step(TWO[number].frame).objects == ()
    result = tracker.undo()
    assert iou(result[1].mask, TWO[3].mask(1)) > 0.8


def test_only_the_last_changes_are_kept_and_none_of_another_stream(
    lite_tracker: MakeTracker,
) -> None:
    tracker = started(lite_tracker(), 1)
    for number in range(UNDO + 3):
        tracker.rename(1, str(number))
    for number in range(UNDO):
        assert tracker.undo()[1].name == str(UNDO + 1 - number)
    with pytest.raises(NothingToUndoError, match="nothing to undo"):
        tracker.undo()
    tracker.rename(1, "red")
    started(tracker, 1)
    assert tracker.undo().objects == ()  # what init was given
    with pytest.raises(NothingToUndoError, match="nothing to undo"):
        tracker.undo()


def test_undoing_a_name_leaves_the_memory_as_it_is(lite_tracker: MakeTracker) -> None:
    straight, named = started(lite_tracker(), 1), started(lite_tracker(), 1)
    named.rename(1, "red")
    for shot in TWO[2:5]:
        straight.step(shot.frame)
        named.step(shot.frame)
    assert named.undo()[1].name == ""
    for shot in TWO[5:]:
        assert_same(named.step(shot.frame), straight.step(shot.frame))


def test_rolling_memory_cannot_be_told_of_another_frame(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(memory="rolling"), 2)
    with pytest.raises(PromptError, match="memory='rolling' keeps the last frame only"):
        tracker.correct(TWO[1].frame, 1, mask=TWO[1].mask(1))


def test_undo_works_after_a_change_of_size(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), 1)
    tracker.correct(TWO[1].frame, 1, mask=TWO[1].mask(2))
    tracker.resize(160)
    tracker.step(TWO[2].frame)
    assert iou(tracker.undo()[1].mask, TWO[2].mask(1)) > 0.7


def test_a_name_stays_with_its_object(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), 1)
    assert tracker.rename(1, "red")[1].name == "red"
    assert tracker.step(TWO[2].frame)[1].name == "red"
    assert tracker.correct(TWO[2].frame, 1, mask=TWO[2].mask(1))[1].name == "red"
    with pytest.raises(PromptError, match=r"object_id=2 is not tracked \(tracked: 1\)"):
        tracker.rename(2, "blue")


@pytest.mark.parametrize("name", [b"x", Path("x"), None, 5], ids=str)
def test_a_name_is_text(lite_tracker: MakeTracker, tmp_path: Path, name: Any) -> None:
    tracker = started(lite_tracker(), 1)
    with pytest.raises(PromptError, match=r"name=.* is no text: give a str"):
        tracker.rename(1, name)
    assert tracker.step(TWO[2].frame)[1].name == ""
    tracker.save(tmp_path / "tracker.safetensors")


def test_a_frame_that_is_over_can_be_corrected(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), 3)
    before = _last(tracker)
    assert_same(tracker.correct(TWO[1].frame, 1, mask=TWO[1].mask(1)), before)
    assert iou(tracker.step(TWO[4].frame)[1].mask, TWO[4].mask(1)) > 0.8
    with pytest.raises(FrameError, match="the frame is 80x96 but the stream is 160x96"):
        tracker.correct(TWO[1].frame[:, :80], 1, mask=TWO[1].mask(1)[:, :80])


def test_clicks_correct_the_mask_there_is(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    both = TWO[0].mask(1) | TWO[0].mask(2)
    tracker.init(TWO[0].frame, mask=both)
    result = tracker.correct(TWO[0].frame, 1, points=[(130, 68, 0)])
    assert iou(result[1].mask, TWO[0].mask(1)) > 0.8
    result = tracker.correct(TWO[0].frame, 1, points=[(130, 68, 1)])
    assert iou(result[1].mask, both) > 0.8
    with pytest.raises(PromptError, match="points need at least one click on the object"):
        tracker.add_object(TWO[0].frame, points=[(130, 68, 0)])
