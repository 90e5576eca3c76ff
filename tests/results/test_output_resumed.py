"""The folder of results of a job that goes on, and what a kill leaves of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from samtracker.errors import OutputError
from samtracker.results.contents import is_resumable, remove_resume
from samtracker.results.names import (
    BACKWARD_JOURNAL,
    BACKWARD_TRACKER,
    COMMAND,
    JOB,
    JOURNAL,
    TRACKER,
)
from samtracker.results.output_folder import OutputFolder
from tests.helpers.results import make_results, texts


def resumable(folder: Path, text: str) -> Path:
    """What an interrupted job leaves."""
    (folder / "resume").mkdir(parents=True)
    for name in ("job.json", "results.jsonl", "tracker.safetensors"):
        (folder / "resume" / name).write_text("{}")
    (folder / "tracks.csv").write_text(text)
    return folder


@pytest.mark.parametrize("place", ["out", "out.partial"])
def test_refusal_names_a_job_that_can_go_on(tmp_path: Path, place: str) -> None:
    resumable(tmp_path / place, "old")
    with pytest.raises(OutputError, match=r"overwrite=True, or go on with the job .* resume\(\)$"):
        OutputFolder(tmp_path / "out").__enter__()


@pytest.mark.parametrize("place", ["out", "out.partial"])
def test_job_that_goes_on_keeps_the_old_results_until_it_has_caught_up(
    tmp_path: Path, place: str
) -> None:
    resumable(tmp_path / place, "old")
    before = texts(tmp_path)
    with OutputFolder(tmp_path / "out", resumed=tmp_path / place) as output:
        assert output.former is not None
        assert (output.former / "tracks.csv").read_text() == "old"
        (output.partial / "resume").mkdir()
        (output.partial / "tracks.csv").write_text("new")
        assert output.is_behind
        output.ended_early = True
    assert output.kept == tmp_path / place
    assert texts(tmp_path) == before
    with OutputFolder(tmp_path / "out", resumed=tmp_path / place) as output:
        resumable(output.partial, "new")
        assert not output.is_behind
        output.ended_early = True
    assert output.kept == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert texts(tmp_path / "out")["tracks.csv"] == "new"
    assert (tmp_path / "out" / "resume" / "job.json").exists()
    with OutputFolder(tmp_path / "out", resumed=tmp_path / "out") as output:
        resumable(output.partial, "complete")
    assert texts(tmp_path) == {"out": "/", "out/tracks.csv": "complete"}


def test_results_that_nobody_could_go_on_from_are_not_replaced_by_a_job_that_does(
    tmp_path: Path,
) -> None:
    resumable(tmp_path / "out", "old")
    make_results(tmp_path / "out.partial")
    before = texts(tmp_path)
    with pytest.raises(OutputError, match=r"out\.partial' holds the results of an interrupted run"):
        OutputFolder(tmp_path / "out", resumed=tmp_path / "out").__enter__()
    assert texts(tmp_path) == before


@pytest.mark.parametrize(
    ("partial", "aside", "kept"),
    [("none", "old", "old"), ("junk", "old", "old"), ("new", "old", "new"), ("new", "junk", "new")],
)
def test_what_a_killed_program_had_moved_aside_is_put_back(
    tmp_path: Path, partial: str, aside: str, kept: str
) -> None:
    for text, folder in ((partial, "out.partial"), (aside, ".out.partial.earlier")):
        if text == "junk":
            make_results(tmp_path / folder, text)
        elif text != "none":
            resumable(tmp_path / folder, text)
    with pytest.raises(OutputError, match=r"out\.partial' holds the results of an interrupted run"):
        OutputFolder(tmp_path / "out").__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["out.partial"]
    assert (tmp_path / "out.partial" / "tracks.csv").read_text() == kept


def test_files_that_would_be_moved_aside_may_be_somebodys(tmp_path: Path) -> None:
    for name in (".out.partial.earlier", "out.partial"):
        path = tmp_path / name / "resume" / "thesis.tex"
        path.parent.mkdir(parents=True)
        path.write_text("mine")
        with pytest.raises(OutputError, match="is no result of samtrack"):
            OutputFolder(tmp_path / "out", overwrite=True).__enter__()
        assert path.read_text() == "mine"
        path.unlink()


@pytest.mark.parametrize("moment", range(6))
def test_what_a_kill_leaves_of_a_resume_folder_can_be_used_in_full_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, moment: int
) -> None:
    names = {COMMAND, JOB, JOURNAL, BACKWARD_JOURNAL}
    trackers = {TRACKER, BACKWARD_TRACKER}
    for name in names | trackers:
        (tmp_path / "resume").mkdir(exist_ok=True)
        (tmp_path / "resume" / name).write_text(name)
    unlink, left = os.unlink, iter(range(moment))

    def unlink_until_killed(*args: Any, **settings: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        unlink(*args, **settings)

    monkeypatch.setattr(os, "unlink", unlink_until_killed)
    with pytest.raises(KeyboardInterrupt):
        remove_resume(tmp_path)
    monkeypatch.undo()
    there = {path.name for path in (tmp_path / "resume").iterdir()}
    assert len(there) == 6 - moment
    assert is_resumable(tmp_path) == (moment < 2)
    assert names <= there or not is_resumable(tmp_path)
    remove_resume(tmp_path)
    assert not (tmp_path / "resume").exists()
