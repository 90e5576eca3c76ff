"""A call that fails, whatever it was given, leaves the tracker as it was."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samtracker.errors import OutputError, SamTrackerError, WeightsError
from samtracker.tracker import Tracker
from samtracker.tracking.log import ReplayLog
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, film

SHOTS = film([RED, BLUE], 5)
FRAME, NEXT = SHOTS[1].frame, SHOTS[2].frame
IDS = SHOTS[1].ids
HUGE = 10**400

Call = Callable[[Any], object]

CALLS: tuple[Call, ...] = (
    *(lambda t, s=s: t.step(NEXT, s) for s in ("x", "1", b"1", HUGE, [1.0], float("nan"))),
    *(lambda t, f=f: t.step(f) for f in (None, NEXT[:50], NEXT / 255, NEXT[..., 0], "frame.png")),
    *(lambda t, ids=ids: t.step(NEXT, absent=ids) for ids in ([3], "1", [1, None], 1)),
    lambda t: t.init(FRAME, mask=IDS, timestamp="x"),
    lambda t: t.init(FRAME),
    lambda t: t.init(FRAME, mask=np.zeros_like(IDS)),
    *(lambda t, i=i: t.init(FRAME, mask={1: IDS == 1, i: IDS == 2}) for i in (0, "2", None, HUGE)),
    lambda t: t.add_object(NEXT, mask=IDS == 1),
    lambda t: t.add_object(FRAME, mask=np.ones_like(IDS)),
    lambda t: t.add_object(FRAME, mask=IDS),
    *(lambda t, i=i: t.add_object(FRAME, mask=IDS == 1, object_id=i) for i in (2, "3", HUGE, 3.5)),
    *(lambda t, i=i: t.correct(FRAME, i, mask=IDS == 1) for i in (9, "1", None, [1])),
    lambda t: t.correct(FRAME, 1),
    lambda t: t.correct(FRAME, 1, mask=IDS),
    lambda t: t.correct(FRAME, 1, mask=np.ones_like(IDS)),
    lambda t: t.correct(NEXT, 1, mask=IDS),
    lambda t: t.correct(FRAME, 1, box=(5, 5, 5, 5)),
    *(lambda t, i=i: t.remove_object(i) for i in (0, "1", None)),
    *(lambda t, name=name: t.rename(1, name) for name in (5, None, b"red")),
    lambda t: t.rename(3, "third"),
    *(lambda t, size=size: t.resize(size) for size in ("x", 10, 128.5, HUGE)),
    *(lambda t, path=path: t.save(path) for path in (None, b"a", "\0.safetensors", "a")),
)  # fmt: skip


def test_a_failed_call_changes_nothing(lite_tracker: MakeTracker) -> None:
    def started() -> Tracker:
        tracker = lite_tracker(size=64)
        tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
        tracker.step(FRAME)
        return tracker

    tracker = started()
    before, config = tracker.result, tracker.config
    for number, call in enumerate(CALLS):
        with pytest.raises(SamTrackerError) as caught:
            call(tracker)
        assert "\n" not in str(caught.value), number
        assert tracker.result is before, number
        assert (tracker.config, tracker.object_ids) == (config, (1, 2)), number
    found, wanted = tracker.step(NEXT), started().step(NEXT)
    assert found.index == 2
    assert np.array_equal(found.id_map, wanted.id_map)
    assert [item.score for item in found.objects] == [item.score for item in wanted.objects]


@pytest.mark.parametrize("path", [None, b"tracker.safetensors", "a\0b", "~nobody-at-all/x"])
def test_what_is_no_path_is_no_saved_tracker(path: Any) -> None:
    with pytest.raises(WeightsError):
        Tracker.load(path)
    with pytest.raises(WeightsError):
        Tracker.from_pretrained(path)


def test_times_may_be_any_numbers(lite_tracker: MakeTracker, tmp_path: Path) -> None:
    tracker = lite_tracker(size=64)
    tracker.log = ReplayLog(tmp_path / "log.jsonl", tracker)
    times: tuple[Any, ...] = (Fraction(1, 4), np.float32(0.5), 1, np.int64(2), -1.5)
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].mask(1))
    assert [tracker.step(FRAME, time).timestamp for time in times] == [0.25, 0.5, 1.0, 2.0, -1.5]
    tracker.log.close()


def test_what_a_log_cannot_hold_is_said_at_its_end(
    lite_tracker: MakeTracker, tmp_path: Path
) -> None:
    tracker = lite_tracker(size=64)
    for wrong in (None, b"log.jsonl", "a\0b"):
        with pytest.raises(OutputError, match=r"^log=.* is no path: give a str or a Path$"):
            ReplayLog(wrong, tracker)  # type: ignore[arg-type]
    tracker.log = ReplayLog(tmp_path / "log.jsonl", tracker)
    mask = SHOTS[0].mask(1)
    rows, columns = np.nonzero(mask)
    clicks: Any = ((x, y) for x, y in [(columns.mean(), rows.mean())])
    tracker.init(SHOTS[0].frame, points=clicks)
    assert tracker.step(FRAME).index == 1
    with pytest.raises(OutputError, match=r"log '.*log\.jsonl' is incomplete: .* of init\(\)"):
        tracker.log.close()
