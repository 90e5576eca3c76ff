"""Calls before there is a stream, and frames that are none of it, are errors of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from samtracker.errors import (
    FrameError,
    NotInitializedError,
    PromptError,
)
from samtracker.tracker import Tracker
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, film

TWO = film([RED, BLUE], 2)
FRAME = TWO[0].frame


def started(tracker: Tracker) -> Tracker:
    """Object 1 is the red ball."""
    tracker.init(FRAME, mask=TWO[0].mask(1))
    return tracker


@pytest.mark.parametrize("call", [Tracker.step, Tracker.add_object])
def test_nothing_works_before_init(lite_tracker: MakeTracker, call: Callable[..., object]) -> None:
    with pytest.raises(
        NotInitializedError, match=r"no objects yet: call init\(frame, mask=\.\.\.\) first"
    ):
        call(lite_tracker(), FRAME)


def test_no_object_is_known_before_init(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    assert tracker.object_ids == ()
    with pytest.raises(PromptError, match=r"object_id=1 is not tracked \(tracked: none\)"):
        tracker.remove_object(1)
    with pytest.raises(PromptError, match=r"object_id=1 is not tracked \(tracked: none\)"):
        tracker.correct(FRAME, 1, mask=TWO[0].mask(1))


BAD_FRAMES: dict[str, tuple[Any, str]] = {
    "float": (FRAME.astype(np.float32), "the frame is float32: give an RGB uint8 array (H, W, 3)"),
    "bool": (FRAME > 0, "the frame is bool: give an RGB uint8 array (H, W, 3)"),
    "list": (FRAME.tolist(), "the frame is list: give an RGB uint8 array (H, W, 3)"),
    "none": (None, "the frame is NoneType: give an RGB uint8 array (H, W, 3)"),
    "gray": (
        FRAME[..., 0],
        "the frame has shape (96, 160): give an RGB uint8 array (H, W, 3)",
    ),
    "rgba": (
        np.dstack([FRAME, FRAME[..., 0]]),
        "the frame has shape (96, 160, 4): give an RGB uint8 array (H, W, 3)",
    ),
    "batch": (
        FRAME[None],
        "the frame has shape (1, 96, 160, 3): give an RGB uint8 array (H, W, 3)",
    ),
    "empty": (
        FRAME[:0],
        "the frame has shape (0, 160, 3): give an RGB uint8 array (H, W, 3)",
    ),
}


@pytest.mark.parametrize("kind", BAD_FRAMES)
def test_frames_of_other_kinds(lite_tracker: MakeTracker, kind: str) -> None:
    frame, message = BAD_FRAMES[kind]
    tracker = started(lite_tracker(size=64))
    calls: list[Callable[[], object]] = [
        lambda: tracker.init(frame, mask=TWO[0].mask(1)),
        lambda: tracker.step(frame),
        lambda: tracker.add_object(frame, mask=TWO[0].mask(2)),
        lambda: tracker.correct(frame, 1, mask=TWO[0].mask(2)),
    ]
    for call in calls:
        with pytest.raises(FrameError) as caught:
            call()
        assert str(caught.value) == message


def test_a_frame_of_another_size(lite_tracker: MakeTracker) -> None:
    tracker = started(lite_tracker(size=64))
    with pytest.raises(FrameError) as caught:
        tracker.step(FRAME[:90])
    assert str(caught.value) == (
        "the frame is 160x90 but the stream is 160x96: "
        "resize it, or call init to start a new stream"
    )
