"""The folder of results: when it appears, and what it never replaces."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psutil
import pytest

from samtracker.errors import OutputError
from samtracker.results.formats.coco import CocoWriter
from samtracker.results.formats.cvat import CvatWriter
from samtracker.results.formats.labelme import LabelmeWriter
from samtracker.results.formats.mot import MotWriter
from samtracker.results.formats.mots import MotsWriter
from samtracker.results.formats.yolo import YoloWriter
from samtracker.results.names import (
    COCO,
    CVAT,
    LABELME,
    MOT,
    MOTS,
    YOLO,
)
from samtracker.results.output_folder import OutputFolder, recover
from tests.helpers.forked import CONTEXT, PATIENCE, forked
from tests.helpers.results import make_results, texts, write_scene


def run(folder: Path, job: Callable[[Path], object], *, overwrite: bool = False) -> None:
    """A whole job that writes into the folder it is given."""
    with OutputFolder(folder, overwrite=overwrite) as output:
        job(output.partial)


def test_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    out = tmp_path / "results" / "out"
    with OutputFolder(out) as output:
        assert output.partial == tmp_path / "results" / "out.partial"
        (output.partial / "summary.json").write_text("new")
        assert not out.exists()
    assert texts(tmp_path / "results") == {"out": "/", "out/summary.json": "new"}


def test_job_that_ends_early_replaces_nothing(tmp_path: Path) -> None:
    def job(text: str) -> Path:
        with OutputFolder(tmp_path / "out", overwrite=True) as output:
            (output.partial / "tracks.csv").write_text(text)
            output.ended_early = True
        return output.kept

    assert job("first") == tmp_path / "out"
    assert job("second") == tmp_path / "out.partial"
    assert job("third") == tmp_path / "out.partial"
    assert (tmp_path / "out" / "tracks.csv").read_text() == "first"
    assert (tmp_path / "out.partial" / "tracks.csv").read_text() == "third"


def test_folder_without_files_is_removed(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "out") as output:
        (output.partial / "masks").mkdir()
    assert texts(tmp_path) == {}
    make_results(tmp_path / "out")
    before = texts(tmp_path)
    with OutputFolder(tmp_path / "out", overwrite=True):
        pass
    assert texts(tmp_path) == before


def test_exception_leaves_what_was_written_and_the_old_folder(tmp_path: Path) -> None:
    def interrupted(partial: Path) -> None:
        (partial / "tracks.csv").write_text("new")
        raise KeyboardInterrupt

    make_results(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", interrupted, overwrite=True)
    assert (tmp_path / "out.partial" / "tracks.csv").read_text() == "new"
    assert (tmp_path / "out" / "tracks.csv").read_text() == "old"


def test_exception_before_the_first_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        run(tmp_path / "out", lambda partial: (partial / "none").read_text())
    assert texts(tmp_path) == {}


def test_existing_path_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    make_results(tmp_path / "out")
    before = texts(tmp_path)
    for name in ("empty", "file", "out", "."):
        with pytest.raises(OutputError, match=r"exists already: .* overwrite=True") as caught:
            OutputFolder(tmp_path / name).__enter__()
        assert str((tmp_path / name).resolve()) in str(caught.value)
    assert texts(tmp_path) == before


def test_leftover_of_an_interrupted_run_is_refused(tmp_path: Path) -> None:
    make_results(tmp_path / "out.partial")
    before = texts(tmp_path)
    with pytest.raises(OutputError, match=r"out\.partial' holds .* interrupted run: move it away"):
        OutputFolder(tmp_path / "out").__enter__()
    assert texts(tmp_path) == before


@pytest.mark.parametrize("left", ["masks/", ".process", "resume/job.json"])
def test_a_kill_before_the_first_result_leaves_nothing_to_keep(tmp_path: Path, left: str) -> None:
    path = tmp_path / "out.partial" / left
    path.parent.mkdir(parents=True)
    if left.endswith("/"):
        path.mkdir()
    else:
        path.write_text("[0, 0.0]")
    run(tmp_path / "out", lambda partial: (partial / "tracks.csv").write_text("new"))
    assert texts(tmp_path) == {"out": "/", "out/tracks.csv": "new"}


def test_a_job_without_results_yet_is_left_alone(tmp_path: Path) -> None:
    parent = psutil.Process(os.getppid())
    path = tmp_path / "out.partial" / ".process"
    path.parent.mkdir()
    path.write_text(json.dumps([parent.pid, parent.create_time(), False]))
    before = texts(tmp_path)
    with pytest.raises(OutputError, match=f"is being written by samtrack in process {parent.pid}"):
        OutputFolder(tmp_path / "out", overwrite=True).__enter__()
    assert texts(tmp_path) == before
    path.write_text("[" * 200_000)
    with OutputFolder(tmp_path / "out"):
        pass
    assert texts(tmp_path) == {}


def test_a_killed_job_that_nobody_has_waited_for_is_gone(tmp_path: Path) -> None:
    job = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    begun = psutil.Process(job.pid).create_time()
    job.kill()
    while psutil.Process(job.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    path = tmp_path / "out.partial" / ".process"
    path.parent.mkdir()
    path.write_text(json.dumps([job.pid, begun, False]))
    run(tmp_path / "out", lambda partial: (partial / "tracks.csv").write_text("new"))
    assert texts(tmp_path / "out") == {"tracks.csv": "new"}
    job.wait()


def begin_together(folder: Path, number: int, together: Barrier, said: SimpleQueue[str]) -> None:
    """One of the jobs: says its number if it has the folder, otherwise why it has not."""
    together.wait(PATIENCE)
    try:
        with OutputFolder(folder / "out", overwrite=True) as output:
            (output.partial / "tracks.csv").write_text(str(number))
            together.wait(PATIENCE)  # until the others have tried
            said.put((output.partial / "tracks.csv").read_text())
    except OutputError as error:
        together.wait(PATIENCE)
        said.put(str(error))


@pytest.mark.parametrize("left", [False, True])
def test_one_of_the_jobs_that_begin_together_has_the_folder(tmp_path: Path, left: bool) -> None:
    if left:  # by a job that was killed
        (tmp_path / "out.partial").mkdir()
        (tmp_path / "out.partial" / ".process").write_text("[0, 0.0, false]")
    together, said = CONTEXT.Barrier(4), CONTEXT.SimpleQueue()
    jobs = [(begin_together, tmp_path, number, together, said) for number in range(4)]
    assert forked(*jobs) == [0] * 4
    words = [said.get() for _ in range(4)]
    (winner,) = [text for text in words if text.isdigit()]
    assert sum("is being written by samtrack" in text for text in words) == 3, words
    assert texts(tmp_path) == {"out": "/", "out/tracks.csv": winner}


def test_what_a_complete_job_had_not_yet_removed_is_removed(tmp_path: Path) -> None:
    """It was killed while it removed what it no longer needed."""
    for name in ("ours", "theirs"):
        (tmp_path / name / "resume").mkdir(parents=True)
        (tmp_path / name / "resume" / "job.json").write_text("{}")
        (tmp_path / name / "summary.json").write_text("{}")
    (tmp_path / "theirs" / "letter.txt").write_text("somebody's")
    for name in ("ours", "theirs"):
        recover(tmp_path / name)
    assert [path.name for path in (tmp_path / "ours").iterdir()] == ["summary.json"]
    assert (tmp_path / "theirs" / "resume" / "job.json").exists()


def test_new_results_of_a_killed_job_are_not_given_up_for_older_ones(tmp_path: Path) -> None:
    aside = make_results(tmp_path / ".out.partial.earlier")
    (aside / "resume").mkdir()
    (aside / "resume" / "tracker.safetensors").write_text("old")
    make_results(tmp_path / "out.partial", "new")
    (tmp_path / "out.partial" / ".process").write_text("[0, 0.0, false]")
    recover(tmp_path / "out")
    assert not aside.exists()
    assert (tmp_path / "out.partial" / "tracks.csv").read_text() == "new"


def test_overwrite_replaces_old_results_and_leftovers(tmp_path: Path) -> None:
    make_results(tmp_path / "out")
    make_results(tmp_path / "out.partial")
    (tmp_path / "out.partial" / ".overlay.mp4.partial").write_text("cut")
    with OutputFolder(tmp_path / "out", overwrite=True) as output:
        assert texts(output.partial).keys() == {".process"}
        (output.partial / "masks.jsonl").write_text("new")
        assert (tmp_path / "out" / "masks.jsonl").read_text() == "old"
    assert texts(tmp_path) == {"out": "/", "out/masks.jsonl": "new"}


def test_overwrite_replaces_files_of_other_programs_that_nobody_changed(tmp_path: Path) -> None:
    def job(partial: Path) -> None:
        for writer in (
            *(CocoWriter(partial / COCO, video="a", polygons=False), MotWriter(partial / MOT)),
            *(CvatWriter(partial / CVAT, video="a"), YoloWriter(partial / YOLO)),
            *(MotsWriter(partial / MOTS), LabelmeWriter(partial / LABELME)),
        ):
            write_scene(writer, 1)

    for again in (False, True):
        run(tmp_path / "out", job, overwrite=again)
    path = tmp_path / "out/labelme/00010.json"
    path.write_text(json.dumps(json.loads(path.read_text()), indent=2))  # as labelme saves it
    with pytest.raises(OutputError, match=r"'labelme/00010\.js?o?n?p?g?' in it is no result"):
        run(tmp_path / "out", job, overwrite=True)


def test_overwrite_keeps_leftovers_until_there_are_new_results(tmp_path: Path) -> None:
    make_results(tmp_path / "out.partial")
    before = texts(tmp_path)

    def interrupted(partial: Path) -> None:
        assert texts(partial).keys() == {".process"}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "out", interrupted, overwrite=True)
    assert texts(tmp_path) == before


def test_overwrite_follows_a_link(tmp_path: Path) -> None:
    make_results(tmp_path / "disk" / "results")
    (tmp_path / "out").symlink_to(tmp_path / "disk" / "results")
    with OutputFolder(tmp_path / "out", overwrite=True) as output:
        (output.partial / "masks.jsonl").write_text("new")
    assert (tmp_path / "out").is_symlink()
    assert texts(tmp_path / "disk") == {"results": "/", "results/masks.jsonl": "new"}


@pytest.mark.parametrize("folder", ["out", "out.partial"])
@pytest.mark.parametrize(
    "foreign",
    [
        *("thesis.tex", "masks/drawn.png", "masks/00000.png.xcf", "overlay.mp4/holiday.mp4"),
        *("yolo/labels/a.txt", "yolo/data.yaml", "labelme/a.json", "labelme/a.jpg"),
    ],
)
def test_overwrite_never_replaces_foreign_files(tmp_path: Path, folder: str, foreign: str) -> None:
    path = tmp_path / folder / foreign
    path.parent.mkdir(parents=True)
    path.write_text("mine")
    with pytest.raises(OutputError, match="is no result of samtrack"):
        OutputFolder(tmp_path / "out", overwrite=True).__enter__()
    assert path.read_text() == "mine"


def test_overwrite_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match="out' is no folder"):
        OutputFolder(tmp_path / "out", overwrite=True).__enter__()
    assert (tmp_path / "out").read_text() == "mine"


def test_folder_that_appears_meanwhile_is_kept(tmp_path: Path) -> None:
    def job(partial: Path) -> None:
        (partial / "tracks.csv").write_text("new")
        make_results(tmp_path / "out")

    with pytest.raises(OutputError, match="exists already"):
        run(tmp_path / "out", job)
    assert (tmp_path / "out" / "tracks.csv").read_text() == "old"
    assert (tmp_path / "out.partial" / "tracks.csv").read_text() == "new"


def test_folder_that_gets_foreign_files_meanwhile_is_kept(tmp_path: Path) -> None:
    def job(partial: Path) -> None:
        (partial / "tracks.csv").write_text("new")
        (tmp_path / "out" / "notes.txt").write_text("mine")

    make_results(tmp_path / "out")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        run(tmp_path / "out", job, overwrite=True)
    assert (tmp_path / "out" / "notes.txt").read_text() == "mine"
    assert (tmp_path / "out.partial" / "tracks.csv").read_text() == "new"


def test_unwritable_parent_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path in (tmp_path / "file" / "out", Path("/proc/out"), tmp_path / ("x" * 300)):
        with pytest.raises(
            OutputError, match=r"cannot be written .*choose another place"
        ) as caught:
            OutputFolder(path).__enter__()
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)
