"""Going on with a stopped job from Python, to the same results."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from samtracker.checkpoints.files import checksum
from samtracker.errors import OutputError, VideoError
from samtracker.jobs import FirstPrompts, JobStart, Progress, TrackJob, resume
from samtracker.tracker import Tracker
from samtracker.tracking import save
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, contents, first_mask, one_more_thread, two_balls

COUNT = len(FRAMES)
STOP = 4
OLDER = Path(__file__).parent / "data" / "older_job"

Run = Callable[..., Path]


@pytest.fixture
def run(tmp_path: Path, lite_tracker: MakeTracker) -> Run:
    """Runs the job to a folder, from its start to its end or up to a frame."""
    source = two_balls(tmp_path / "balls.mp4")
    prompts = FirstPrompts(mask=first_mask(tmp_path / "first.png"))

    def job(
        name: str, *, stop: int = COUNT + 1, save: tuple[str, ...] = ("masks", "csv", "rle")
    ) -> Path:
        output = tmp_path / name
        job = TrackJob(source=source, prompts=prompts, output=output, save=save)
        outcome = job.run(lite_tracker(), on_frame=lambda progress: progress.done < stop)
        assert outcome.resumable == (stop <= COUNT)
        return output

    return job


@pytest.fixture
def whole(run: Run) -> Path:
    """The folder of a job that nobody stopped."""
    return run("whole")


@pytest.fixture
def stopped(run: Run) -> Path:
    """The folder of a job that a callback stopped."""
    return run("stopped", stop=STOP)


def without_summary(folder: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in contents(folder).items() if name != "summary.json"}


def test_a_job_goes_on_to_the_same_results(stopped: Path, whole: Path) -> None:
    starts: list[JobStart] = []
    done: list[int] = []
    with one_more_thread():
        outcome = resume(
            stopped,
            on_start=starts.append,
            on_frame=lambda progress: done.append(progress.done),
        )
    assert (outcome.failure, outcome.resumable, outcome.folder) == (None, False, stopped)
    assert without_summary(stopped) == without_summary(whole)
    assert outcome.summary.objects == {1: {"tracking": COUNT}, 2: {"tracking": COUNT}}
    (start,) = starts
    assert (start.restored, start.total, start.result.index) == (STOP, COUNT, STOP - 1)
    assert done == list(range(1, COUNT + 1))


def test_every_file_of_another_program_is_as_if_nobody_had_stopped_the_job(run: Run) -> None:
    formats = ("gif", "coco", "coco-polygons", "yolo", "mots", "mot", "cvat", "labelme")
    whole = without_summary(run("whole", save=formats))
    stopped = run("stopped", stop=STOP, save=formats)
    resume(stopped)
    assert without_summary(stopped) == whole
    assert {name.partition("/")[0] for name in whole} == {
        *("overlay.gif", "coco.json", "coco-polygons.json", "yolo", "mots.txt", "mot.txt"),
        *("cvat.xml", "labelme"),
    }


def test_a_job_may_be_stopped_again_and_again(stopped: Path, whole: Path) -> None:
    for frames in (6, 8):

        def on_frame(progress: Progress, last: int = frames) -> bool:
            return progress.done < last

        outcome = resume(stopped, on_frame=on_frame)
        assert (outcome.summary.frames, outcome.resumable) == (frames, True)
    resume(stopped)
    assert without_summary(stopped) == without_summary(whole)


def test_a_stop_before_it_has_caught_up_changes_nothing(stopped: Path) -> None:
    def on_frame(progress: Progress) -> bool:
        return progress.done < STOP - 1

    before = contents(stopped.parent)
    with pytest.raises(KeyboardInterrupt):
        resume(stopped, on_frame=on_frame)
    assert contents(stopped.parent) == before


def test_the_saved_tracker_is_hashed_once(stopped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def counted(text: str, tensors: object, real: Callable[..., str] = checksum) -> str:
        calls.append(text)
        return real(text, tensors)

    monkeypatch.setattr(save, "checksum", counted)
    with pytest.raises(ArithmeticError):
        resume(stopped, on_start=_fail)
    assert len(calls) == 1


def _fail(start: JobStart) -> None:
    raise ArithmeticError


def test_nothing_to_resume(whole: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is complete: there is nothing to resume"):
        resume(whole)
    with pytest.raises(OutputError, match="no such folder"):
        resume(tmp_path / "none")


def test_a_source_that_has_changed_is_refused(stopped: Path) -> None:
    two_balls(stopped.with_name("balls.mp4"), FRAMES[::-1])
    before = contents(stopped.parent)
    with pytest.raises(VideoError, match="has changed since the job was interrupted"):
        resume(stopped)
    assert contents(stopped.parent) == before


def test_a_folder_of_an_older_version_is_refused(tmp_path: Path) -> None:
    """It was written before saved trackers got their present format."""
    shutil.copytree(OLDER, tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(OutputError) as refused:
        resume(tmp_path / "out")
    assert str(refused.value) == (
        f"'{tmp_path}/out/resume/job.json' is of another version of samtrack (samtracker-job-1, "
        "not samtracker-job-3): the job cannot be resumed, track again with overwrite=True"
    )
    assert contents(tmp_path) == before


def test_a_folder_of_an_older_version_may_be_replaced(
    tmp_path: Path, lite_tracker: MakeTracker
) -> None:
    output = tmp_path / "out"
    shutil.copytree(OLDER, output)
    job = TrackJob(
        source=two_balls(tmp_path / "balls.mp4"),
        prompts=FirstPrompts(mask=first_mask(tmp_path / "first.png")),
        output=output,
        save=("csv",),
    )
    tracker: Tracker = lite_tracker()
    with pytest.raises(OutputError, match="overwrite=True"):
        job.run(tracker)
    again = TrackJob(**{**vars(job), "overwrite": True})
    assert again.run(tracker).folder == output
    assert not (output / "resume").exists()
