"""A job from Python: what it writes, what it tells while it runs, and how it may be stopped."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from samtracker.errors import ConfigError, OutputError, VideoError
from samtracker.jobs import FirstPrompts, JobStart, Progress, Replay, TrackJob, resume
from samtracker.tracker import Tracker
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, ROOT, contents, first_mask, two_balls
from tests.helpers.clips import cut

COUNT = len(FRAMES)


@pytest.fixture
def tracker(lite_tracker: MakeTracker) -> Tracker:
    """At a size that is just enough for the film."""
    return lite_tracker()


@pytest.fixture
def job(tmp_path: Path) -> TrackJob:
    return TrackJob(
        source=two_balls(tmp_path / "balls.mp4"),
        prompts=FirstPrompts(mask=first_mask(tmp_path / "first.png")),
        output=tmp_path / "out",
        save=("masks", "csv"),
    )


def changed(job: TrackJob, **settings: object) -> TrackJob:
    return TrackJob(**{**vars(job), **settings})


def nobody() -> Tracker:
    raise AssertionError("the job is refused before a tracker is built")


def test_the_results_are_in_the_folder(job: TrackJob, tracker: Tracker) -> None:
    outcome = job.run(tracker)
    assert (outcome.failure, outcome.log_failure, outcome.resumable) == (None, None, False)
    assert outcome.folder == outcome.output == job.output
    assert outcome.summary.frames == COUNT
    assert outcome.summary.objects == {1: {"tracking": COUNT}, 2: {"tracking": COUNT}}
    assert not outcome.summary.interrupted
    assert sorted(path.name for path in job.output.iterdir()) == [
        "masks",
        "summary.json",
        "tracks.csv",
    ]
    assert (job.output / "summary.json").read_text() == outcome.summary.to_json() + "\n"
    assert len(list((job.output / "masks").iterdir())) == COUNT


def test_a_job_can_go_on_before_its_first_file_is_written(job: TrackJob, tracker: Tracker) -> None:
    blocked = job.output.with_name("out.partial") / "tracks.csv"
    outcome = job.run(tracker, on_start=lambda _: blocked.mkdir())
    assert "tracks.csv' cannot be written (Is a directory)" in str(outcome.failure)
    assert (outcome.summary.frames, outcome.resumable) == (0, True)
    (job.output / "tracks.csv").rmdir()
    outcome = resume(job.output)
    assert (outcome.failure, outcome.summary.frames) == (None, COUNT)
    assert len((job.output / "tracks.csv").read_text().splitlines()) == 1 + 2 * COUNT


def test_an_error_of_somebody_else_is_told_where_the_results_are(
    job: TrackJob, tracker: Tracker
) -> None:
    def on_frame(progress: Progress) -> None:
        if progress.done == 2:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as caught:
        job.run(tracker, on_frame=on_frame)
    partial = job.output.with_name("out.partial")
    assert caught.value.__notes__ == [
        f"what was written until then is in '{partial}', go on from there with resume()"
    ]
    assert resume(job.output).summary.frames == COUNT


def test_a_tracker_may_be_built_late(job: TrackJob, tracker: Tracker, tmp_path: Path) -> None:
    def build() -> Tracker:
        assert (tmp_path / "out.partial").is_dir()
        return tracker

    assert job.run(build).summary.frames == COUNT


def test_the_caller_hears_of_the_start_and_of_every_frame(
    job: TrackJob, tracker: Tracker, tmp_path: Path
) -> None:
    starts: list[JobStart] = []
    seen: list[tuple[int, int, int, int | None]] = []

    def on_start(start: JobStart) -> None:
        assert [path.name for path in (tmp_path / "out.partial").iterdir()] == [".process"]
        starts.append(start)

    def on_frame(progress: Progress) -> None:  # None goes on
        noted = (tmp_path / "out.partial/resume/results.jsonl").read_text().splitlines()
        assert len(noted) == progress.done  # so that a kill would not lose it
        result = progress.result
        seen.append((progress.frame.index, result.index, progress.done, progress.total))

    job.run(tracker, on_start=on_start, on_frame=on_frame)
    (start,) = starts
    assert [item.id for item in start.result.objects] == [1, 2]
    assert start.origins == {1: "mask", 2: "mask"}
    assert (start.restored, start.total) == (0, COUNT)
    assert seen == [(number, number, number + 1, COUNT) for number in range(COUNT)]


def test_the_total_counts_what_is_asked_for(job: TrackJob, tracker: Tracker) -> None:
    totals = set()
    part = changed(job, start=0.08, end=0.3, stride=2)
    outcome = part.run(tracker, on_frame=lambda progress: totals.add(progress.total))
    assert totals == {outcome.summary.frames}


@pytest.mark.parametrize("kind", ["callback", "keyboard"])
def test_a_job_that_is_stopped_keeps_what_it_has(
    job: TrackJob, tracker: Tracker, kind: str
) -> None:
    def on_frame(progress: Progress) -> bool:
        if progress.done == 4 and kind == "keyboard":
            raise KeyboardInterrupt
        return progress.done < 4

    outcome = job.run(tracker, on_frame=on_frame)
    assert outcome.summary.interrupted
    assert (outcome.summary.frames, outcome.failure) == (4, None)
    assert outcome.resumable
    assert len(list((outcome.folder / "masks").iterdir())) == 4


def test_a_source_that_is_cut_off_is_a_failure_at_the_end(
    job: TrackJob, tracker: Tracker, tmp_path: Path
) -> None:
    source = cut(two_balls(tmp_path / "cut.mp4", FRAMES * 2, movflags="faststart"), 0.6)
    outcome = changed(job, source=source).run(tracker)
    assert isinstance(outcome.failure, VideoError)
    assert str(outcome.failure) == f"'{source}' is cut off or damaged at its end"
    assert (outcome.summary.truncated, outcome.summary.failed) == (True, None)
    assert (outcome.folder, outcome.resumable) == (job.output, False)


def test_a_bad_source_leaves_nothing(job: TrackJob, tmp_path: Path) -> None:
    before = contents(tmp_path)
    with pytest.raises(VideoError, match=r"no such file or folder: 'none\.mp4'"):
        changed(job, source="none.mp4").run(nobody)
    with pytest.raises(VideoError, match=r"give another start=\.\.\. or end=\.\.\."):
        changed(job, start=0.39).run(lambda: Tracker.from_pretrained("propagation"))
    assert contents(tmp_path) == before


def test_an_existing_folder_is_replaced_only_if_it_may_be(
    job: TrackJob, tracker: Tracker, tmp_path: Path
) -> None:
    job.run(tracker)
    before = contents(tmp_path)
    with pytest.raises(OutputError) as refused:
        job.run(nobody)
    assert str(refused.value) == (
        f"output '{job.output}' exists already: choose another with output=..., "
        "or replace it with overwrite=True"
    )
    assert contents(tmp_path) == before
    assert changed(job, overwrite=True, save=("csv",)).run(tracker).folder == job.output
    assert not (job.output / "masks").exists()


def test_older_results_stay_where_the_new_job_is_stopped(job: TrackJob, tracker: Tracker) -> None:
    job.run(tracker)
    before = contents(job.output)
    outcome = changed(job, overwrite=True).run(tracker, on_frame=lambda progress: False)
    assert outcome.folder == job.output.with_name("out.partial")
    assert outcome.output == job.output
    assert contents(job.output) == before


def test_a_format_that_does_not_exist(job: TrackJob) -> None:
    with pytest.raises(ConfigError, match="save='tiff' does not exist: use overlay, masks"):
        changed(job, save=("masks", "tiff"))


def test_the_log_of_a_job_is_replayed(job: TrackJob, tracker: Tracker, tmp_path: Path) -> None:
    log = tmp_path / "job.jsonl"
    job.run(tracker)
    again = changed(job, log=log, overwrite=True)
    assert again.run(tracker).log_failure is None
    assert tracker.log is None
    done = list(Replay.read(log).run())
    assert [call.name for call in done] == ["init", *["step"] * (COUNT - 1)]
    assert all(call.difference is None for call in done)


def test_a_log_that_is_not_complete_is_told(job: TrackJob, tracker: Tracker) -> None:
    outcome = changed(job, log=Path("/dev/full"), overwrite=True).run(tracker)
    assert isinstance(outcome.log_failure, OutputError)
    assert (outcome.failure, outcome.summary.frames) == (None, COUNT)


def test_a_job_needs_no_click() -> None:
    program = (
        "import sys\n"
        "import samtracker.jobs\n"
        "print(sorted({'click', 'samtracker.cli', 'samtracker.live'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
