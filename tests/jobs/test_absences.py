"""Objects that a file of prompts says are not there, in every direction, also in resumed jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samtracker.jobs import (
    FirstPrompts,
    Place,
    PlacedPrompt,
    PromptedObject,
    TrackJob,
    annotate,
    resume,
)
from samtracker.results.formats.rle import read_rle
from samtracker.types import State
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, SHOTS, contents, first_mask, samtrack, two_balls
from tests.helpers.results import iou
from tests.helpers.resumption import until

COUNT = len(FRAMES)
GONE = range(4, 7)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The film, and where the red ball is in some frames."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4")
    for number in (1, 8):
        first_mask(tmp_path / f"red{number}.png", SHOTS[number].mask(1).astype(np.uint8))
    return tmp_path


def written(*prompts: dict[str, Any]) -> FirstPrompts:
    objects = [{"prompts": prompts}]
    path = Path("prompts.json")
    path.write_text(json.dumps({"format": "samtracker-prompts-1", "objects": objects}))
    return FirstPrompts(prompts_file=path)


def absent_in_the_middle() -> FirstPrompts:
    """In frames 4 to 6, told out of order."""
    shown = [{"frame": number, "mask": f"red{number}.png"} for number in (8, 1)]
    return written({"frame": 7, "absent": False}, *shown, {"frame": 4, "absent": True})


@pytest.mark.parametrize(
    ("direction", "stops", "frames"),
    [
        ("forward", [("", 5)], range(1, COUNT)),
        ("backward", [("backward", 4)], range(9)),
        ("both", [("forward", 5), ("backward", 4), ("writing", 6)], range(COUNT)),
    ],
)
def test_in_every_direction_and_when_it_is_resumed(
    folder: Path,
    lite_tracker: MakeTracker,
    direction: str,
    stops: list[tuple[str, int]],
    frames: range,
) -> None:
    given = absent_in_the_middle()
    for output, first in (("whole", None), ("stopped", stops[0])):
        job = TrackJob(
            source="balls.mp4",
            prompts=given,
            output=Path(output),
            save=("rle",),
            direction=direction,
        )
        job.run(lite_tracker(), on_frame=until(first))
    for stop in stops[1:]:
        resume(folder / "stopped", on_frame=until(stop))
    assert not resume(folder / "stopped").resumable
    assert contents(folder / "stopped")["masks.jsonl"] == contents(folder / "whole")["masks.jsonl"]
    found = {frame.index: result[1] for frame, result in read_rle(Path("whole/masks.jsonl"))}
    assert list(found) == list(frames)
    for number, item in found.items():
        if number in GONE:
            assert (item.state, item.score) == (State.LOST, 0)
            assert not item.mask.any()
        else:
            assert iou(item.mask, SHOTS[number].mask(1)) > 0.6


def test_up_to_the_next_prompt_of_any_kind(folder: Path) -> None:
    times = ({"time": 4 / 25, "absent": True}, {"time": 6 / 25, "box": [38, 18, 84, 64]})
    written({"time": 0, "mask": "red1.png"}, *times)
    options = ("--prompts", "prompts.json", "--size", "64", "--save", "rle", "-o", "out")
    assert samtrack("track", "balls.mp4", *options).code == 0
    found = [result[1].state for _, result in read_rle(Path("out/masks.jsonl"))]
    lost = [number for number, state in enumerate(found) if state is State.LOST]
    assert lost == [4, 5]
    assert found[6] is State.TRACKING


def test_to_the_end_in_python(folder: Path, lite_tracker: MakeTracker) -> None:
    shown = PlacedPrompt(place=Place(frame=1), mask=SHOTS[1].mask(1))
    gone = PlacedPrompt(place=Place(frame=4), absent=True)
    cat = PromptedObject(name="", prompts=(shown, gone))
    results = list(annotate(folder / "balls.mp4", [cat], tracker=lite_tracker()))
    assert [result[1].box is None for result in results] == [number >= 4 for number in range(COUNT)]


@pytest.mark.parametrize(
    ("prompts", "message"),
    [
        (
            [{"frame": 4, "mask": "red1.png"}, {"frame": 1, "absent": True}],
            "an object begins with its absence, at frame 1: show it before",
        ),
        ([{"frame": 1, "absent": False}], "an object begins with its absence, at frame 1"),
        ([{"frame": 1, "absent": "no"}], 'absent "no" is neither true nor false'),
        (
            [{"frame": 1, "absent": True, "mask": "red1.png"}],
            "has not exactly one of mask, box, points, rle, absent",
        ),
    ],
)
def test_what_is_no_absence(folder: Path, prompts: list[dict[str, Any]], message: str) -> None:
    written(*prompts)
    before = contents(folder)
    done = samtrack("track", "balls.mp4", "--prompts", "prompts.json", "-o", "out")
    assert (done.code, len(done.errors)) == (2, 1)
    assert message in done.errors[0]
    assert contents(folder) == before
