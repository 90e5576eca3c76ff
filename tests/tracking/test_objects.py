"""Adding, correcting and removing objects in a running stream, and errors that change nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import torch
from torch import nn

from samtracker.backends.torch_backend import TorchBackend
from samtracker.errors import (
    FrameError,
    OutOfMemoryError,
    PromptError,
    SamTrackerError,
)
from samtracker.tracker import Tracker
from samtracker.tracking.checks import MAX_ID
from samtracker.types import Mask, State, mask_box
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, SIZE, film, iou

TWO = film([RED, BLUE], 7)
FRAME = TWO[0].frame


def started(tracker: Tracker, steps: int = 1) -> Tracker:
    """Object 1 is the red ball."""
    tracker.init(TWO[0].frame, mask=TWO[0].mask(1))
    for shot in TWO[1 : steps + 1]:
        tracker.step(shot.frame)
    return tracker


def test_an_object_joins_at_any_frame(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), steps=2)
    result = tracker.add_object(TWO[2].frame, mask=TWO[2].mask(2))
    assert (result.index, result.size) == (2, SIZE)
    assert [item.id for item in result.objects] == [1, 2]
    np.testing.assert_array_equal(result[2].mask, TWO[2].mask(2))
    assert (result[2].score, result[2].state) == (1.0, State.TRACKING)
    for number in (3, 4, 5):
        result = tracker.step(TWO[number].frame)
        assert result.index == number
        assert iou(result[1].mask, TWO[number].mask(1)) > 0.8
        assert iou(result[2].mask, TWO[number].mask(2)) > 0.8


def test_a_new_object_takes_its_pixels(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), steps=0)
    half = TWO[0].mask(1).copy()
    half[:, :36] = False
    result = tracker.add_object(FRAME, mask=half)
    np.testing.assert_array_equal(result[2].mask, half)
    np.testing.assert_array_equal(result[1].mask, TWO[0].mask(1) & ~half)
    assert result[1].box == mask_box(result[1].mask)


def test_ids_are_permanent_and_never_used_again(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), steps=0)
    blue = TWO[0].mask(2)
    tracker.add_object(FRAME, mask=blue)
    tracker.remove_object(2)
    assert list(tracker.object_ids) == [1]
    tracker.add_object(FRAME, mask=blue)
    assert list(tracker.object_ids) == [1, 3]
    tracker.remove_object(1)
    tracker.add_object(FRAME, mask=TWO[0].mask(1), object_id=10)
    assert [item.id for item in tracker.step(TWO[1].frame).objects] == [3, 10]
    for used in (1, 2, 3, 9, 10, 0, -1, MAX_ID + 1):
        with pytest.raises(PromptError, match=f"object_id={used} cannot be used: .* from 11 to"):
            tracker.add_object(TWO[1].frame, mask=blue, object_id=used)
    tracker.add_object(TWO[1].frame, mask=blue, object_id=MAX_ID)
    with pytest.raises(PromptError, match=f"object_id={MAX_ID + 1} cannot be used"):
        tracker.add_object(TWO[1].frame, mask=blue)
    # A new stream starts from 1.
    tracker.init(FRAME, mask=blue)
    assert list(tracker.object_ids) == [1]


def test_an_object_leaves(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    tracker.init(FRAME, mask=TWO[0].ids)
    tracker.remove_object(1)
    # The current result is without it as well.
    result = tracker.correct(FRAME, 2, mask=TWO[0].mask(2))
    assert [item.id for item in result.objects] == [2]
    assert [item.id for item in tracker.step(TWO[1].frame).objects] == [2]
    with pytest.raises(PromptError, match=r"object_id=1 is not tracked \(tracked: 2\)"):
        tracker.remove_object(1)


def test_a_stream_without_objects_goes_on(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(), steps=1)
    tracker.remove_object(1)
    result = tracker.step(TWO[2].frame, timestamp=0.08)
    assert (result.index, result.timestamp, result.objects) == (2, 0.08, ())
    assert not result.id_map.any()
    result = tracker.add_object(TWO[2].frame, mask=TWO[2].mask(1))
    assert [item.id for item in result.objects] == [2]
    assert iou(tracker.step(TWO[3].frame)[2].mask, TWO[3].mask(1)) > 0.8


def test_a_correction_is_followed(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    # Somebody has clicked on the wrong ball.
    tracker.init(FRAME, mask=TWO[0].mask(2))
    tracker.step(TWO[1].frame)
    result = tracker.correct(TWO[1].frame, 1, mask=TWO[1].mask(1))
    assert result.index == 1
    np.testing.assert_array_equal(result.id_map, TWO[1].mask(1))
    assert result[1].score == 1.0
    for shot in TWO[2:5]:
        assert iou(tracker.step(shot.frame)[1].mask, shot.mask(1)) > 0.75


def test_a_lost_object_can_be_corrected(lite_tracker: MakeTracker) -> None:
    gone = film([replace(RED, hidden=range(1, 9))], 3)
    # It comes back in another color.
    green = film([replace(RED, color=(90, 200, 90))], 5)
    tracker = lite_tracker()
    tracker.init(gone[0].frame, mask=gone[0].ids)
    assert tracker.step(gone[1].frame)[1].state == State.UNCERTAIN
    assert tracker.step(gone[2].frame)[1].state == State.LOST
    tracker.step(green[3].frame)
    result = tracker.correct(green[3].frame, 1, mask=green[3].ids)
    assert (result[1].state, result[1].score) == (State.TRACKING, 1.0)
    np.testing.assert_array_equal(result[1].mask, green[3].mask())
    assert iou(tracker.step(green[4].frame)[1].mask, green[4].mask()) > 0.75


def test_a_correction_takes_its_pixels(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    tracker.init(FRAME, mask=TWO[0].ids)
    half = TWO[0].mask(1).copy()
    half[:, :36] = False
    result = tracker.correct(FRAME, 1, mask=TWO[0].mask(1))
    assert [item.id for item in result.objects] == [1, 2]
    result = tracker.correct(FRAME, 2, mask=half)
    np.testing.assert_array_equal(result[2].mask, half)
    np.testing.assert_array_equal(result[1].mask, TWO[0].mask(1) & ~half)


def test_an_object_that_keeps_little_of_its_mask_is_tracked_on(
    lite_tracker: MakeTracker,
) -> None:
    small = replace(BLUE, radius=6)
    shots = film([RED, small], 6)
    tracker = lite_tracker(size=192)
    tracker.init(shots[0].frame, mask=shots[0].ids > 0)
    tracker.add_object(shots[0].frame, mask=shots[0].mask(1))
    for shot in shots[1:]:
        result = tracker.step(shot.frame)
        assert [item.state for item in result.objects] == [State.TRACKING] * 2
        assert iou(result[1].mask, shot.mask(2)) > 0.6


def _disc(mask: Mask, radius: int) -> Mask:
    """A small one in the middle of a mask."""
    y, x = np.nonzero(mask)
    rows, columns = np.ogrid[: SIZE[0], : SIZE[1]]
    disc: Mask = (rows - y.mean()) ** 2 + (columns - x.mean()) ** 2 < radius**2
    return disc


def test_pixels_taken_from_a_doubtful_mask_leave_the_memory_as_it_is(
    lite_tracker: MakeTracker,
) -> None:
    after = []
    for takes in (False, True):
        tracker = started(lite_tracker(doubtful_score=1.0, patience=99), steps=3)
        assert tracker.result is not None
        assert tracker.result[1].state is State.UNCERTAIN
        if takes:
            tracker.add_object(TWO[3].frame, mask=_disc(TWO[3].mask(1), radius=8))
            tracker.remove_object(2)
        after.append(tracker.step(TWO[4].frame)[1])
    assert after[0].score == after[1].score
    np.testing.assert_array_equal(after[0].mask, after[1].mask)


def test_a_failed_call_changes_nothing(lite_tracker: MakeTracker) -> None:
    wanted = lite_tracker()
    wanted.init(FRAME, mask=TWO[0].ids)
    for shot in TWO[1:3]:
        wanted.step(shot.frame)

    tracker = lite_tracker()
    tracker.init(FRAME, mask=TWO[0].ids)
    tracker.step(TWO[1].frame)
    frame, other = TWO[1].frame, TWO[5].frame
    nothing, blue = np.zeros(SIZE, bool), TWO[5].mask(2)
    calls: list[Callable[[], object]] = [
        lambda: tracker.init(other, mask=nothing),
        lambda: tracker.init(other),
        lambda: tracker.init(other, mask=blue, box=(1, 2, 30, 40)),
        lambda: tracker.init(other, box=(0, 0, 160, 96)),
        lambda: tracker.init(other, mask={0: blue}),
        lambda: tracker.init(other[:50], mask=blue),
        lambda: tracker.step(other[:50]),
        lambda: tracker.step(other / 255),  # type: ignore[arg-type]
        lambda: tracker.add_object(other, mask=nothing),
        lambda: tracker.add_object(other, mask=TWO[5].ids),
        lambda: tracker.add_object(other, mask=blue, object_id=1),
        lambda: tracker.add_object(frame, points=[(500, 2)]),
        lambda: tracker.correct(other, 1, mask=nothing),
        lambda: tracker.correct(other, 1, mask=TWO[5].ids),
        lambda: tracker.correct(other, 3, mask=blue),
        lambda: tracker.remove_object(3),
    ]
    for call in calls:
        with pytest.raises(SamTrackerError) as caught:
            call()
        assert "\n" not in str(caught.value)

    result = tracker.step(TWO[2].frame)
    assert result.index == 2
    assert list(tracker.object_ids) == [1, 2]
    right = wanted.step(TWO[3].frame)
    found = tracker.step(TWO[3].frame)
    np.testing.assert_array_equal(found.id_map, right.id_map)
    assert [item.score for item in found.objects] == [item.score for item in right.objects]
    tracker.add_object(TWO[3].frame, mask=TWO[3].mask(1))
    assert list(tracker.object_ids) == [1, 2, 3]


def test_pixels_that_another_object_gets_stay_with_it(lite_tracker: MakeTracker) -> None:
    shots = film([RED], 4)
    ball = shots[0].mask()
    middle = int(np.flatnonzero(ball.any(axis=1)).mean())
    upper, lower = ball.copy(), ball.copy()
    upper[middle:], lower[:middle] = False, False
    added, corrected, split = (lite_tracker() for _ in range(3))
    split.init(shots[0].frame, mask={1: lower, 2: upper})
    added.init(shots[0].frame, mask=ball)
    result = added.add_object(shots[0].frame, mask=upper)
    assert (result[1].mask == lower).all()
    corrected.init(shots[0].frame, mask={1: lower | upper, 2: SPOT})
    corrected.correct(shots[0].frame, 2, mask=upper)
    for shot in shots[1:]:
        wanted = split.step(shot.frame)
        for tracker in (added, corrected):
            found = tracker.step(shot.frame)
            for number in (1, 2):
                assert iou(found[number].mask, wanted[number].mask) > 0.9


SPOT = np.zeros((96, 160), np.bool_)
SPOT[80:92, 130:150] = True


def test_an_object_cannot_be_hidden_whole(lite_tracker: MakeTracker) -> None:
    shot = film([RED], 1)[0]
    tracker = lite_tracker()
    before = tracker.init(shot.frame, mask=shot.mask())
    message = "the mask of object 2 hides all of object 1: give another mask, or remove"
    with pytest.raises(PromptError, match=message):
        tracker.add_object(shot.frame, mask=np.ones((96, 160), np.bool_))
    assert tracker.object_ids == (1,)
    with pytest.raises(PromptError, match=message):
        lite_tracker().init(shot.frame, mask={1: shot.mask(), 2: shot.mask()})
    again = tracker.add_object(shot.frame, mask=SPOT)
    assert (again[1].mask == before[1].mask).all()


def test_an_object_can_be_added_in_the_current_frame_only(lite_tracker: MakeTracker) -> None:
    first, second = film([RED], 2)
    tracker = lite_tracker()
    tracker.init(first.frame, mask=first.mask())
    with pytest.raises(FrameError, match="is not the current one, number 0 of the stream"):
        tracker.add_object(second.frame, mask=SPOT)
    tracker.step(second.frame)
    assert tracker.add_object(second.frame, mask=SPOT).index == 1


def test_a_correction_of_the_same_frame_replaces_the_first_mask(lite_tracker: MakeTracker) -> None:
    first, second = film([RED], 2)
    straight, corrected = lite_tracker(), lite_tracker()
    straight.init(first.frame, mask=first.mask())
    corrected.init(first.frame, mask=SPOT)
    corrected.correct(first.frame, 1, mask=first.mask())
    found, wanted = corrected.step(second.frame)[1], straight.step(second.frame)[1]
    assert (found.mask == wanted.mask).all()


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ({"mask": {"a": SPOT}}, "object_id='a' is no whole number"),
        ({"mask": {1.5: SPOT}}, "object_id=1.5 is no whole number"),
        ({"mask": "first.png"}, "mask='first.png' is a path: give an array"),
        ({"box": (1, 2, 3)}, r"box=\(1, 2, 3\) is no box: give \(x1, y1, x2, y2\)"),
        ({"box": "1,2,3,4"}, "box='1,2,3,4' is no box"),
        ({"points": (70, 80)}, r"points=\(70, 80\) are no clicks: give \[\(x, y\), ...\]"),
        ({"points": [(30, 30, 0.9)]}, r"point 30,30 has label 0\.9"),
        ({"points": [(30, 30, float("nan"))]}, "point 30,30 has label nan"),
        ({"points": [(30, float("nan"))]}, "point 30,nan lies outside"),
        ({"points": [(30, 10**400)]}, "are no clicks"),
        ({"points": [None]}, r"points=\[None\] are no clicks"),
        ({"points": [b"00"]}, "are no clicks"),
        ({"points": ["12"]}, "are no clicks"),
        ({"points": "1"}, "are no clicks"),
        ({"box": (0, 0, 10**400, 9)}, "is no box"),
        ({"box": (0, 0, float("nan"), 9)}, "is empty"),
        ({"box": b"0129"}, "box=b'0129' is no box"),
        ({"box": "0129"}, "box='0129' is no box"),
        ({"box": (None, 1, 2, 3)}, "is no box"),
        ({"mask": b"first.png"}, r"mask has the shape \(\)"),
        ({"mask": [[1, 1], [1]]}, "mask is no array"),
        ({"mask": [[10**400]]}, "mask has the type object"),
        ({"mask": {1: None}}, r"mask\[1\] has the shape \(\)"),
        ({"mask": {1: SPOT, 2: np.zeros_like(SPOT)}}, r"mask\[2\] is empty: give True"),
        ({"mask": {10**400: SPOT}}, "object_id=1000"),
    ],
)
def test_what_is_no_prompt_is_said(
    lite_tracker: MakeTracker, prompt: dict[str, Any], message: str
) -> None:
    with pytest.raises(PromptError, match=message):
        lite_tracker().init(film([RED], 1)[0].frame, **prompt)


def test_there_is_a_limit_of_objects(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker(size=64, max_objects=2)
    done: list[tuple[int, int]] = []
    tracker.init(FRAME, mask=TWO[0].ids, on_object=lambda *counts: done.append(counts))
    assert done == [(1, 2), (2, 2)]
    three = TWO[0].ids.astype(np.uint16)
    three[:9, :9] = 700
    masks = {int(i): three == i for i in (1, 2, 700)}
    calls: list[Callable[[], object]] = [
        lambda: tracker.init(FRAME, mask=three),
        lambda: tracker.init(FRAME, mask=masks),
        lambda: tracker.add_object(FRAME, mask=masks[700]),
    ]
    for call in calls:
        with pytest.raises(PromptError, match="3 objects are more than max_objects=2"):
            call()
        assert tracker.object_ids == (1, 2)
    tracker.remove_object(2)
    assert tracker.add_object(FRAME, mask=masks[700])[3].box == (0, 0, 9, 9)


def test_an_id_of_numpy_is_an_id(lite_tracker: MakeTracker) -> None:
    shot = film([RED], 1)[0]
    result = lite_tracker().init(shot.frame, mask={int(np.int64(3)): shot.mask()})
    ids: dict[Any, Any] = {np.int64(3): shot.mask()}
    assert lite_tracker().init(shot.frame, mask=ids).objects[0].id == result.objects[0].id == 3
    assert type(lite_tracker().init(shot.frame, mask=ids).objects[0].id) is int


def test_running_out_of_memory_is_an_error_of_ours(lite_tracker: MakeTracker) -> None:
    shot = film([RED], 1)[0]
    tracker = lite_tracker()
    tracker.init(shot.frame, mask=shot.mask())

    def fail(module: object, given: object) -> None:
        error: Any = torch.OutOfMemoryError
        raise error("CUDA out of memory. Tried to allocate 20.00 GiB")

    backend = tracker.runtime.backend
    assert isinstance(backend, TorchBackend)
    for module in (cast(nn.Module, backend.encoder), backend.network.decoder):
        hook = module.register_forward_pre_hook(fail)
        with pytest.raises(OutOfMemoryError, match="out of memory: give a smaller size"):
            tracker.step(np.roll(shot.frame, 1))
        hook.remove()
