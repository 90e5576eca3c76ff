"""Tracking a source from Python, and changing the working size on the way."""

from __future__ import annotations

from collections import deque
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from samtracker.errors import ConfigError, PromptError, VideoError
from samtracker.types import State
from tests.conftest import MakeTracker
from tests.helpers.cameras import Camera
from tests.helpers.cli_tools import FRAMES, SHOTS, two_balls
from tests.helpers.clips import cut
from tests.helpers.scenes import iou


def test_every_frame_of_a_file(tmp_path: Path, lite_tracker: MakeTracker) -> None:
    video = two_balls(tmp_path / "balls.mp4")
    tracker = lite_tracker()
    results = list(tracker.stream(video, mask=SHOTS[0].ids))
    assert [result.index for result in results] == list(range(len(FRAMES)))
    assert results[3].timestamp == pytest.approx(0.12)
    for result, shot in zip(results, SHOTS, strict=True):
        assert np.abs(result.image.astype(int) - shot.frame).mean() < 8
        assert iou(result[1].mask, shot.mask(1)) > 0.7
    more = list(tracker.stream(video))  # without a prompt its stream goes on
    assert more[0].index == len(FRAMES)
    assert [item.id for item in more[0].objects] == [1, 2]


def test_the_newest_frames_of_a_camera(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    with Camera([SHOTS[0].frame]) as camera:
        frames = tracker.stream(camera.url, realtime=True, mask=SHOTS[0].ids)
        results = list(islice(frames, 5))
        frames.close()  # type: ignore[attr-defined]
    assert [result.index for result in results] == list(range(5))
    assert all(result[2].state is State.TRACKING for result in results)
    times = [result.timestamp or 0.0 for result in results]
    assert times == sorted(times)


@pytest.mark.parametrize("realtime", [False, True])
def test_a_file_that_breaks_off_is_an_error_at_its_end(
    tmp_path: Path, lite_tracker: MakeTracker, realtime: bool
) -> None:
    video = cut(two_balls(tmp_path / "balls.mp4", FRAMES * 2, movflags="faststart"), 0.6)
    results = lite_tracker().stream(video, realtime=realtime, mask=SHOTS[0].ids)
    assert next(results).index == 0
    with pytest.raises(VideoError, match="is cut off or damaged at its end"):
        deque(results)


def test_a_stream_needs_objects(tmp_path: Path, lite_tracker: MakeTracker) -> None:
    with pytest.raises(PromptError, match="no objects yet"):
        next(lite_tracker().stream(two_balls(tmp_path / "balls.mp4")))


@pytest.mark.parametrize("size", [128, 256])
def test_the_working_size_may_change(lite_tracker: MakeTracker, size: int) -> None:
    tracker = lite_tracker(size=192)
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    tracker.step(SHOTS[1].frame)
    tracker.resize(size)
    for shot in SHOTS[2:8]:
        result = tracker.step(shot.frame)
        assert iou(result[1].mask, shot.mask(1)) > 0.7
    assert tracker.runtime.encode(SHOTS[0].frame, size).features.x16.shape[-2] == size // 16
    tracker.resize(192)
    corrected = tracker.correct(SHOTS[7].frame, 1, mask=SHOTS[7].mask(1))
    assert corrected.index == 7
    assert iou(tracker.step(SHOTS[8].frame)[1].mask, SHOTS[8].mask(1)) > 0.7


def test_a_lost_object_is_found_at_another_size(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].mask(1))
    wall = np.full_like(SHOTS[0].frame, 120)
    for _ in range(3):
        tracker.step(wall)
    tracker.resize(160)
    result = tracker.step(SHOTS[1].frame)
    assert result[1].state is State.REACQUIRED
    assert iou(result[1].mask, SHOTS[1].mask(1)) > 0.6


def test_a_size_that_does_not_fit_changes_nothing(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    with pytest.raises(ConfigError, match="size=5 does not fit"):
        tracker.resize(5)
    assert iou(tracker.step(SHOTS[1].frame)[1].mask, SHOTS[1].mask(1)) > 0.7
