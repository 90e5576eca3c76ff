"""A job from the first frame to the last, and the ways it may end earlier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from samtracker.errors import ConfigError, PromptError, VideoError
from samtracker.jobs.outcome import Outcome, Tally
from samtracker.jobs.run import FirstPrompts, Sinks, track
from samtracker.tracker import Tracker
from samtracker.types import FrameResult, State
from samtracker.video.read import VideoFrame, read_frames
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, SHOTS, first_mask, frames_in, two_balls

OnFrame = Callable[[VideoFrame, FrameResult], bool]


@pytest.fixture
def tracker(lite_tracker: MakeTracker) -> Tracker:
    """At a size that is just enough for the film."""
    return lite_tracker(size=128)


def run(tracker: Tracker, folder: Path, on_frame: OnFrame, *formats: str) -> Outcome:
    """Tracks the balls of the film, with results in the folder."""
    two_balls(folder / "balls.mp4")
    prompts = FirstPrompts(mask=first_mask(folder / "first.png"))
    with read_frames(folder / "balls.mp4") as reader:
        frame = next(reader)
        first, _ = prompts.start(tracker, frame, prompts.read_masks(reader.info.size))
        sinks = Sinks(formats, folder, reader, 1)
        return track(tracker, reader, [(frame, first)], sinks, on_frame)


def test_every_frame_is_seen_counted_and_timed(tracker: Tracker, tmp_path: Path) -> None:
    seen = []

    def on_frame(frame: VideoFrame, result: FrameResult) -> bool:
        assert result.timestamp == frame.time == pytest.approx(frame.index / 25)
        seen.append((frame.index, result.index))
        return True

    outcome = run(tracker, tmp_path, on_frame, "csv")
    assert seen == [(number, number) for number in range(10)]
    assert outcome.failure is None
    assert not outcome.interrupted
    assert outcome.tally.frames == 10
    assert outcome.tally.objects == {1: {"tracking": 10}, 2: {"tracking": 10}}
    assert len(outcome.tally.seconds) == 9  # the first frame takes no step


def test_the_caller_may_stop_it(tracker: Tracker, tmp_path: Path) -> None:
    outcome = run(tracker, tmp_path, lambda frame, result: frame.index < 3, "overlay")
    assert outcome.interrupted
    assert outcome.tally.frames == len(frames_in(tmp_path / "overlay.mp4")) == 4


def test_an_impatient_interruption_keeps_the_results_too(tracker: Tracker, tmp_path: Path) -> None:
    def on_frame(frame: VideoFrame, result: FrameResult) -> bool:
        if frame.index == 2:
            raise KeyboardInterrupt
        return True

    outcome = run(tracker, tmp_path, on_frame, "overlay")
    assert outcome.interrupted
    assert outcome.tally.frames == len(frames_in(tmp_path / "overlay.mp4")) == 3


def test_files_are_finished_even_if_the_program_fails(tracker: Tracker, tmp_path: Path) -> None:
    def on_frame(frame: VideoFrame, result: FrameResult) -> bool:
        if frame.index == 5:
            raise ArithmeticError
        return True

    with pytest.raises(ArithmeticError):
        run(tracker, tmp_path, on_frame, "overlay", "alpha", "masks")
    assert len(frames_in(tmp_path / "overlay.mp4")) == 6
    with av.open(f"file:{tmp_path / 'alpha.mov'}") as video:
        assert sum(1 for _ in video.decode(video=0)) == 6
    assert len(list((tmp_path / "masks").iterdir())) == 6


def test_a_file_that_cannot_be_finished_is_a_failure(tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "overlay.mp4").mkdir()
    outcome = run(tracker, tmp_path, lambda frame, result: True, "overlay", "alpha", "csv")
    assert isinstance(outcome.failure, VideoError)
    assert "overlay.mp4' cannot be written" in str(outcome.failure)
    assert outcome.tally.frames == 10
    assert (tmp_path / "alpha.mov").is_file()  # the others are finished all the same
    assert len((tmp_path / "tracks.csv").read_text().splitlines()) == 21


def test_an_unknown_format_leaves_nothing_open(tracker: Tracker, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--save 'gif' does not exist: use overlay, masks"):
        run(tracker, tmp_path, lambda frame, result: True, "overlay", "gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["balls.mp4", "first.png"]


@pytest.mark.parametrize("stride", [1, 2, 10_000])
def test_the_stride_slows_the_frame_rate_down(tmp_path: Path, stride: int) -> None:
    with read_frames(two_balls(tmp_path / "balls.mp4")) as reader:
        frame = next(reader)
        with Sinks(("overlay",), tmp_path, reader, stride) as sinks:
            nothing = FrameResult(index=0, timestamp=0.0, size=reader.info.size, objects=())
            sinks.write(frame, nothing)
            sinks.write(replace(frame, time=stride / 25), nothing)
    with av.open(f"file:{tmp_path / 'overlay.mp4'}") as video:
        # As long as it is in the source, but never more than 100 seconds a frame.
        assert (video.duration or 0) / av.time_base == pytest.approx(
            stride / 25 + min(stride / 25, 100), rel=1e-3
        )


def test_the_first_frame_needs_something_to_track() -> None:
    with pytest.raises(PromptError, match="nothing to track: give --init-mask FILE, --init-box"):
        FirstPrompts()


def test_objects_keep_the_order_of_mask_boxes_and_clicks(tracker: Tracker) -> None:
    frame = VideoFrame(index=0, time=1.5, image=FRAMES[0])
    red, blue = SHOTS[0].mask(1), SHOTS[0].mask(2)
    y, x = (float(side.mean()) for side in np.nonzero(blue))
    prompts = FirstPrompts(mask=Path("not read here"), points=(((x, y),),))
    result, origins = prompts.start(tracker, frame, {5: red})
    assert origins == {5: "mask", 6: "points (grabcut)"}
    assert result.timestamp == 1.5
    np.testing.assert_array_equal(result[5].mask, red)
    assert np.count_nonzero(result[6].mask & blue) > 0.7 * np.count_nonzero(blue)


def test_the_tally_reports_the_median_and_the_slow_frames() -> None:
    tally = Tally()
    assert tally.fps == {"p50": None, "p95": None}
    nothing = FrameResult(index=0, timestamp=None, size=(4, 4), objects=())
    for seconds in (None, *[0.1] * 10, *[0.5] * 2):
        tally.add(nothing, seconds)
    assert tally.frames == 13
    # The 95th percentile of twelve lies within the two slow ones.
    assert tally.fps == {"p50": 10.0, "p95": 2.0}


def test_the_tally_counts_states_by_object(tracker: Tracker) -> None:
    tally = Tally()
    tally.add(tracker.init(FRAMES[0], mask=SHOTS[0].ids), None)
    result = tracker.step(FRAMES[1])
    lost = replace(result[2], state=State.LOST)
    tally.add(replace(result, objects=(result[1], lost)), 0.1)
    assert tally.objects == {1: {"tracking": 2}, 2: {"tracking": 1, "lost": 1}}
