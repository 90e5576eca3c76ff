"""Frames that are left out: not tracked and in no output, in every direction and when resumed."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from samtracker.jobs import FirstPrompts, Progress, TrackJob, annotate, resume
from samtracker.results.formats.rle import read_rle
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import (
    FRAMES,
    SHOTS,
    box_of,
    contents,
    first_mask,
    frames_in,
    samtrack,
    two_balls,
)
from tests.helpers.results import iou

COUNT = len(FRAMES)
SKIP = ((2, 3), (6 / 25, 7 / 25))
KEPT = [0, 1, 4, 5, 7, 8, 9]
Totals = dict[str, set[tuple[int, int | None]]]
FAST = ("--size", "64", "--save", "rle,overlay", "-o", "out")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The film, and where the balls are in frame 4."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4")
    first_mask(tmp_path / "both4.png", SHOTS[4].ids)
    return tmp_path


def noting(totals: Totals, stop: tuple[str, int] | None) -> Callable[[Progress], bool]:
    """Notes how far a job is, and stops it at a frame of a stage."""

    def seen(progress: Progress) -> bool:
        totals.setdefault(progress.stage, set()).add((progress.done, progress.total))
        return (progress.stage, progress.done) != stop

    return seen


def found(folder: str) -> dict[int, Any]:
    return {frame.index: result for frame, result in read_rle(Path(folder, "masks.jsonl"))}


@pytest.mark.parametrize(
    ("direction", "frames", "stops"),
    [
        ("forward", KEPT[2:], [("", 3)]),
        ("backward", KEPT[:3], [("backward", 2)]),
        ("both", KEPT, [("forward", 3), ("backward", 2), ("writing", 3)]),
    ],
)
def test_in_every_direction_and_when_it_is_resumed(
    folder: Path,
    lite_tracker: MakeTracker,
    direction: str,
    frames: list[int],
    stops: list[tuple[str, int]],
) -> None:
    totals: Totals = {}
    for output, first in (("whole", None), ("stopped", stops[0])):
        job = TrackJob(
            source="balls.mp4",
            prompts=FirstPrompts(mask=Path("both4.png"), at=4),
            output=Path(output),
            save=("rle",),
            direction=direction,
            skip=SKIP,
        )

        summary = job.run(lite_tracker(), on_frame=noting(totals, first)).summary
        assert summary.skip == ("2-3", "0.24s-0.28s")
    for stop in stops[1:]:
        resume(folder / "stopped", on_frame=noting(totals, stop))
    assert resume(folder / "stopped").summary.skip == ("2-3", "0.24s-0.28s")
    assert contents(folder / "stopped")["masks.jsonl"] == contents(folder / "whole")["masks.jsonl"]
    assert list(found("whole")) == frames
    assert all(iou(found("whole")[n][1].mask, SHOTS[n].mask(1)) > 0.6 for n in frames)
    for done in totals.values():  # as many as were announced
        assert {total for _, total in done} == {max(number for number, _ in done)}


def test_on_the_command_line(folder: Path) -> None:
    options = ("--init-box", box_of(1), "--skip", "2-3", "--skip", "0.24s-0.28", *FAST)
    done = samtrack("track", "balls.mp4", *options)
    assert done.code == 0
    assert json.loads(done.out)["skip"] == ["2-3", "0.24s-0.28s"]
    assert list(found("out")) == KEPT
    assert len(frames_in(folder / "out/overlay.mp4")) == len(KEPT)


def test_a_prompt_that_is_left_out_holds_in_the_next_frame(
    folder: Path, lite_tracker: MakeTracker
) -> None:
    prompts = FirstPrompts(mask=folder / "both4.png", at=2)
    results = list(
        annotate("balls.mp4", prompts, skip=SKIP, direction="forward", tracker=lite_tracker())
    )
    assert [result.timestamp for result in results] == [n / 25 for n in KEPT[2:]]
    assert (results[0].id_map == SHOTS[4].ids).all()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--skip", "3"), "'3' is no range: give 100-200 or 4s-6.5s"),
        (("--skip", "3-4s"), "'3-4s' is no range: give 100-200 or 4s-6.5s"),
        (("--skip", "4-3"), "--skip 4-3 ends before it begins"),
        (("--skip", "10-12"), "balls.mp4', which has 10 frames"),
        (
            ("--skip", "0-99"),
            "has no frame from 0 s to its end without 0-99: give another --start, --end or --skip",
        ),
    ],
)
def test_what_cannot_be_left_out(folder: Path, options: tuple[str, ...], message: str) -> None:
    before = contents(folder)
    done = samtrack("track", "balls.mp4", "--init-box", box_of(1), *options, *FAST)
    assert (done.code, len(done.errors)) == (2, 1)
    assert message in done.errors[0]
    assert contents(folder) == before
