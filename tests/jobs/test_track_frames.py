"""The loop from the first frame to the last, and the ways it may end earlier."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from samtracker.errors import VideoError
from samtracker.jobs import FirstPrompts
from samtracker.jobs.journal_writer import JournalWriter
from samtracker.jobs.record import JobRecord
from samtracker.jobs.scene_cuts import SceneCuts
from samtracker.jobs.track_frames import Ending, track_frames
from samtracker.results.sinks import Sinks
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame, read_frames
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import first_mask, frames_in, two_balls

NOT_TO_RESUME = JobRecord(
    source="0",
    path=None,
    start=0.0,
    end=None,
    stride=1,
    stream=None,
    save=(),
    device="auto",
    origins={},
    overwrite=False,
)

OnWritten = Callable[[VideoFrame, FrameResult], bool]


@pytest.fixture
def tracker(lite_tracker: MakeTracker) -> Tracker:
    """At a size that is just enough for the film."""
    return lite_tracker()


def run(tracker: Tracker, folder: Path, on_tracked: OnWritten, *formats: str) -> Ending:
    """Tracks the balls of the film, with results in the folder."""
    two_balls(folder / "balls.mp4")
    prompts = FirstPrompts(mask=first_mask(folder / "first.png"))
    with read_frames(folder / "balls.mp4") as reader:
        frame = next(reader)
        first, _ = prompts.start(tracker, frame, prompts.read_objects(reader.info.size, ""))
        journal = JournalWriter(folder, NOT_TO_RESUME, tracker)
        sinks = Sinks(formats, folder, reader, 1)
        done = [(frame, first)]
        cuts = SceneCuts("ignore", None)
        return track_frames(tracker, reader, done, journal, sinks, cuts=cuts, on_tracked=on_tracked)


def test_every_frame_is_seen_counted_and_timed(tracker: Tracker, tmp_path: Path) -> None:
    seen = []

    def on_tracked(frame: VideoFrame, result: FrameResult) -> bool:
        assert result.timestamp == frame.time == pytest.approx(frame.index / 25)
        seen.append((frame.index, result.index))
        return True

    ending = run(tracker, tmp_path, on_tracked, "csv")
    assert seen == [(number, number) for number in range(10)]
    assert ending.failure is None
    assert not ending.interrupted
    assert ending.tally.frames == 10
    assert ending.tally.objects == {1: {"tracking": 10}, 2: {"tracking": 10}}
    assert len(ending.tally.seconds) == 9  # the first frame takes no step


def test_the_caller_may_stop_it(tracker: Tracker, tmp_path: Path) -> None:
    ending = run(tracker, tmp_path, lambda frame, result: frame.index < 3, "overlay")
    assert ending.interrupted
    assert ending.tally.frames == len(frames_in(tmp_path / "overlay.mp4")) == 4


def test_an_impatient_interruption_keeps_the_results_too(tracker: Tracker, tmp_path: Path) -> None:
    def on_tracked(frame: VideoFrame, result: FrameResult) -> bool:
        if frame.index == 2:
            raise KeyboardInterrupt
        return True

    ending = run(tracker, tmp_path, on_tracked, "overlay")
    assert ending.interrupted
    assert ending.tally.frames == len(frames_in(tmp_path / "overlay.mp4")) == 3


def test_files_are_finished_even_if_the_program_fails(tracker: Tracker, tmp_path: Path) -> None:
    def on_tracked(frame: VideoFrame, result: FrameResult) -> bool:
        if frame.index == 5:
            raise ArithmeticError
        return True

    with pytest.raises(ArithmeticError):
        run(tracker, tmp_path, on_tracked, "overlay", "alpha", "masks")
    assert len(frames_in(tmp_path / "overlay.mp4")) == 6
    with av.open(f"file:{tmp_path / 'alpha.mov'}") as video:
        assert sum(1 for _ in video.decode(video=0)) == 6
    assert len(list((tmp_path / "masks").iterdir())) == 6


def test_a_file_that_cannot_be_finished_is_a_failure(tracker: Tracker, tmp_path: Path) -> None:
    (tmp_path / "overlay.mp4").mkdir()
    ending = run(tracker, tmp_path, lambda frame, result: True, "overlay", "alpha", "csv")
    assert isinstance(ending.failure, VideoError)
    assert "overlay.mp4' cannot be written" in str(ending.failure)
    assert ending.tally.frames == 10
    assert (tmp_path / "alpha.mov").is_file()  # the others are finished all the same
    assert len((tmp_path / "tracks.csv").read_text().splitlines()) == 21
