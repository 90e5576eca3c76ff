"""Prompts in any frames: objects start and are corrected there, also in a job that is resumed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samtracker.errors import PromptError
from samtracker.jobs import FirstPrompts, TrackJob, resume
from samtracker.masks.run_lengths import encode
from samtracker.types import mask_box
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import (
    FRAMES,
    SHOTS,
    box_of,
    contents,
    first_mask,
    ids_in,
    samtrack,
    two_balls,
)
from tests.helpers.results import iou

COUNT = len(FRAMES)
FAST = ("--size", "64", "--save", "masks")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The film, and where the blue ball is in frame 3."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4")
    first_mask(tmp_path / "blue.png", SHOTS[3].mask(2).astype(np.uint8))
    return tmp_path


def red(index: int) -> list[float]:
    box = mask_box(SHOTS[index].mask(1))
    assert box is not None
    return list(box)


def written(path: Path, *objects: Any) -> Path:
    path.write_text(json.dumps({"format": "samtracker-prompts-1", "objects": objects}))
    return path


def without_summary(place: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in contents(place).items() if name != "summary.json"}


def test_objects_start_and_are_corrected_where_they_are_shown(
    folder: Path, lite_tracker: MakeTracker
) -> None:
    corner = np.zeros_like(SHOTS[0].ids)  # wrong on purpose: the correction in frame 6 mends it
    corner[70:90, 5:30] = 1
    first_mask(folder / "corner.png", corner)
    path = written(
        folder / "prompts.json",
        {"name": "blue", "prompts": [{"frame": 3, "mask": "blue.png"}]},
        {"prompts": [{"time": 6 / 25, "box": red(6)}, {"frame": 1, "mask": "corner.png"}]},
    )

    def job(name: str, stop: int = COUNT) -> TrackJob:
        prompts = FirstPrompts(prompts_file=path)
        job = TrackJob(source="balls.mp4", prompts=prompts, output=folder / name, save=("masks",))
        outcome = job.run(lite_tracker(), on_frame=lambda progress: progress.done < stop)
        assert outcome.failure is None
        return job

    job("whole", COUNT + 1)
    summary = json.loads((folder / "whole/summary.json").read_text())
    assert summary["first_mask"] == {"1": "mask", "2": "mask"}
    assert summary["names"] == {"2": "blue"}
    masks = {int(path.stem): ids_in(path) for path in sorted((folder / "whole/masks").iterdir())}
    assert list(masks) == list(range(1, COUNT))
    np.testing.assert_array_equal(masks[3] == 2, SHOTS[3].mask(2))
    assert not (masks[2] == 2).any()
    assert iou(masks[COUNT - 1] == 2, SHOTS[COUNT - 1].mask(2)) > 0.6
    assert iou(masks[5] == 1, SHOTS[5].mask(1)) < 0.3
    assert iou(masks[6] == 1, SHOTS[6].mask(1)) > 0.7
    assert iou(masks[8] == 1, SHOTS[8].mask(1)) > 0.6

    for stop in (1, 4):  # before and after the second object
        job(f"stopped-{stop}", stop)
        resume(folder / f"stopped-{stop}")
        assert without_summary(folder / f"stopped-{stop}") == without_summary(folder / "whole")
        again = json.loads((folder / f"stopped-{stop}/summary.json").read_text())
        assert again["first_mask"] == summary["first_mask"]


@pytest.mark.parametrize("at", ["4", "0.13s"])
def test_the_first_prompts_hold_at_a_frame(folder: Path, at: str) -> None:
    box = box_of(1, SHOTS[4])
    done = samtrack("track", "balls.mp4", "--init-box", box, "--at", at, *FAST, "-o", "out")
    assert done.code == 0
    masks = sorted((folder / "out/masks").iterdir())
    assert [path.name for path in masks] == [f"{n:05}.png" for n in range(4, COUNT)]
    assert iou(ids_in(masks[0]) == 1, SHOTS[4].mask(1)) > 0.7


def test_a_prompt_behind_the_last_frame_is_said(folder: Path) -> None:
    path = written(
        folder / "a.json",
        {"prompts": [{"frame": 0, "box": red(0)}, {"frame": 99, "box": red(0)}]},
    )
    done = samtrack("track", "balls.mp4", "--prompts", path, *FAST, "-o", "out")
    assert done.code == 0
    assert f"'{path}': left out 1 that lie behind the last frame: frame 99\n" in done.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--prompts", "none.json"), "prompts 'none.json' cannot be read (No such file"),
        (("--prompts", "a.json", "--init-box", "1,2,30,40"), "stands alone: leave all else out"),
        (("--prompts", "a.json", "--start", "0.2"), "has one at frame 3, before the first frame"),
        (("--prompts", "lost.json"), "mask 'lost.png' does not exist"),
        (("--prompts", "two.json"), "mask 'two.png' shows 2 objects: give one of each"),
        (("--at", "3", "--init-detections", "a.json"), "--at 3 is of --init-mask"),
        (("--at", "soon", "--init-box", "1,2,30,40"), "'soon' is no frame: give its number"),
        (("--at", "77", "--init-box", "1,2,30,40"), "pointed at from 0 s to its end (10 frames)"),
    ],
)
def test_what_cannot_be_done_leaves_nothing(
    folder: Path, options: tuple[str, ...], message: str
) -> None:
    for name, mask in (("a", "blue"), ("lost", "lost"), ("two", "two")):
        prompt = {"frame": 3, "mask": f"{mask}.png"}
        written(folder / f"{name}.json", {"prompts": [prompt]})
    first_mask(folder / "two.png")
    before = sorted(path.name for path in folder.iterdir())
    done = samtrack("track", "balls.mp4", *options, *FAST, "-o", "out")
    assert done.code == 2
    assert message in done.errors[0]
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_mask_may_be_in_the_file(folder: Path) -> None:
    mask = SHOTS[3].mask(2)
    apart = written(folder / "a.json", {"prompts": [{"frame": 3, "mask": "blue.png"}]})
    inside = written(folder / "b.json", {"prompts": [{"frame": 3, "rle": encode(mask)}]})
    for name, path in (("one", apart), ("other", inside)):
        done = samtrack("track", "balls.mp4", "--prompts", path, *FAST, "-o", name)
        assert done.code == 0, done.err
    assert without_summary(folder / "one") == without_summary(folder / "other")
    for rle, reason in (
        (encode(mask[:-1]), "has another size than the video, 160x96"),
        ({"size": [96, 160], "counts": "~"}, "is damaged"),
    ):
        path = written(folder / "c.json", {"prompts": [{"frame": 3, "rle": rle}]})
        done = samtrack("track", "balls.mp4", "--prompts", path, *FAST, "-o", "none")
        assert (done.code, len(done.errors)) == (2, 1)
        assert f"a mask at frame 3 {reason}" in done.errors[0]


def test_prompts_stand_alone_in_python_too(folder: Path) -> None:
    with pytest.raises(PromptError, match="stands alone"):
        FirstPrompts(prompts_file=folder / "a.json", boxes=((1, 2, 3, 4),))
