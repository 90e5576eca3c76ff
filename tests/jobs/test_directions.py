"""Jobs that go backward, or both ways: all frames in order, the prompts as given, also resumed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samtracker.errors import PromptError
from samtracker.jobs import FirstPrompts, Outcome, TrackJob, resume
from samtracker.results.formats.rle import read_rle
from samtracker.types import mask_box
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import (
    FRAMES,
    SHOTS,
    box_of,
    contents,
    first_mask,
    frames_in,
    ids_in,
    samtrack,
    two_balls,
)
from tests.helpers.results import iou
from tests.helpers.resumption import until

COUNT = len(FRAMES)
FAST = ("--size", "64", "--save", "masks")
STAGES = ("forward", "backward", "writing")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The film, and where the balls are in some frames."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4")
    for number in (1, 4, 8):
        first_mask(tmp_path / f"both{number}.png", SHOTS[number].ids)
        for ball in (1, 2):
            picture = SHOTS[number].mask(ball).astype(np.uint8)
            first_mask(tmp_path / f"ball{ball}-{number}.png", picture)
    return tmp_path


def mask(frame: int, ball: int) -> dict[str, Any]:
    return {"frame": frame, "mask": f"ball{ball}-{frame}.png"}


def prompts(path: Path, *objects: Any) -> FirstPrompts:
    path.write_text(json.dumps({"format": "samtracker-prompts-1", "objects": objects}))
    return FirstPrompts(prompts_file=path)


def two_objects(path: Path) -> FirstPrompts:
    """Blue starts in frame 4, red in frame 1; both are shown again."""
    box = mask_box(SHOTS[8].mask(1))
    red = {"prompts": [{"frame": 8, "box": box}, mask(1, 1)]}
    return prompts(path, {"name": "blue", "prompts": [mask(4, 2), mask(8, 2)]}, red)


def track(
    make: MakeTracker, given: FirstPrompts, output: str, stop: tuple[str, int] = ("", 0), **job: Any
) -> Outcome:
    """Runs a job, to its end or to a frame of a stage."""

    settings = {"direction": "both", "save": ("masks",), **job}
    made = TrackJob(source="balls.mp4", prompts=given, output=Path(output), **settings)
    outcome = made.run(make(), on_frame=until(stop))
    assert outcome.failure is None
    return outcome


def masks_in(folder: Path | str) -> dict[int, Any]:
    return {int(path.stem): ids_in(path) for path in sorted(Path(folder, "masks").iterdir())}


def test_both_directions_from_one_frame(lite_tracker: MakeTracker) -> None:
    given = FirstPrompts(mask=Path("both4.png"), at=4)
    seen: list[tuple[str, int]] = []
    track(lite_tracker, given, "forward", direction="forward")
    track(lite_tracker, given, "backward", direction="backward")
    TrackJob(
        source="balls.mp4", prompts=given, output=Path("both"), save=("masks",), direction="both"
    ).run(lite_tracker(), on_frame=lambda p: seen.append((p.stage, p.frame.index)))
    forward, backward, both = map(masks_in, ("forward", "backward", "both"))
    assert list(forward) == list(range(4, COUNT))
    assert list(backward) == list(range(5))
    assert list(both) == list(range(COUNT))
    np.testing.assert_array_equal(both[4], SHOTS[4].ids)
    for number in range(COUNT):
        wanted = forward if number >= 4 else backward
        np.testing.assert_array_equal(both[number], wanted[number])
        assert iou(both[number] == 1, SHOTS[number].mask(1)) > 0.6
    assert seen == [
        *(("forward", number) for number in range(4, COUNT)),
        *(("backward", number) for number in reversed(range(5))),
        *(("writing", number) for number in range(COUNT)),
    ]


def test_objects_have_their_ids_and_prompts_in_both_directions(
    folder: Path, lite_tracker: MakeTracker
) -> None:
    given = two_objects(folder / "prompts.json")
    save = ("masks", "csv", "rle", "overlay")
    outcome = track(lite_tracker, given, "both", save=save)
    assert outcome.summary.first_mask == {1: "mask", 2: "mask"}
    assert outcome.summary.names == {2: "blue"}
    assert outcome.summary.frames == COUNT
    assert outcome.summary.fps["p50"] is not None
    both = masks_in("both")
    assert list(both) == list(range(COUNT))
    np.testing.assert_array_equal(both[1] == 1, SHOTS[1].mask(1))
    np.testing.assert_array_equal(both[4] == 2, SHOTS[4].mask(2))
    np.testing.assert_array_equal(both[8] == 2, SHOTS[8].mask(2))
    for number, ids in both.items():
        for ball in (1, 2):
            assert iou(ids == ball, SHOTS[number].mask(ball)) > 0.6
    with (folder / "both/tracks.csv").open() as file:
        rows = [(int(row["frame"]), int(row["id"])) for row in csv.DictReader(file)]
    assert rows == [(number, ball) for number in range(COUNT) for ball in (1, 2)]
    lines = list(read_rle(folder / "both/masks.jsonl"))
    assert [frame.index for frame, _ in lines] == list(range(COUNT))
    for frame, result in lines:
        np.testing.assert_array_equal(result.id_map, both[frame.index])
    assert len(frames_in(folder / "both/overlay.mp4")) == COUNT

    outcome = track(lite_tracker, given, "backward", direction="backward")
    backward = masks_in("backward")
    assert outcome.summary.first_mask == {1: "mask", 2: "mask"}
    assert outcome.summary.names == {2: "blue"}
    assert list(backward) == list(range(9))
    np.testing.assert_array_equal(backward[4] == 2, SHOTS[4].mask(2))
    assert iou(backward[0] == 1, SHOTS[0].mask(1)) > 0.6


def test_an_object_shown_earlier_than_others_ends_there_backward(
    folder: Path, lite_tracker: MakeTracker
) -> None:
    given = prompts(folder / "a.json", {"prompts": [mask(4, 1)]}, {"prompts": [mask(8, 2)]})
    track(lite_tracker, given, "out", direction="backward")
    masks = masks_in("out")
    assert [sorted(set(masks[number].flat) - {0}) for number in (3, 4, 5, 8)] == [
        *([1, 2], [1, 2], [2], [2])
    ]
    np.testing.assert_array_equal(masks[4] == 1, SHOTS[4].mask(1))


def test_clicks_correct_the_mask_that_forward_had(folder: Path, lite_tracker: MakeTracker) -> None:
    rows, columns = np.nonzero(SHOTS[8].mask(2))
    background = [[float(columns.mean()), float(rows.mean()), 0]]  # alone they start nothing
    given = prompts(
        folder / "a.json", {"prompts": [mask(1, 1), {"frame": 8, "points": background}]}
    )
    track(lite_tracker, given, "forward", direction="forward")
    track(lite_tracker, given, "both")
    np.testing.assert_array_equal(masks_in("both")[8], masks_in("forward")[8])


@pytest.mark.parametrize("stages", [STAGES, STAGES[1:]])
def test_a_job_that_is_stopped_goes_on_to_the_same_results(
    folder: Path, lite_tracker: MakeTracker, stages: tuple[str, ...]
) -> None:
    given = two_objects(folder / "prompts.json")
    settings: dict[str, Any] = {
        "direction": "both" if len(stages) == 3 else "backward",
        "save": ("masks", "csv"),
    }
    stops = [(stage, done) for stage in stages for done in (1, 6)]
    track(lite_tracker, given, "whole", **settings)
    track(lite_tracker, given, "out", stops[0], **settings)
    for stop in stops[1:]:  # each time a little further
        outcome = resume(folder / "out", on_frame=until(stop))
        assert outcome.resumable
        assert outcome.summary.interrupted
        assert outcome.summary.frames == (stop[1] if stop[0] == "writing" else 0)
    assert not resume(folder / "out").resumable
    summary, whole = (
        json.loads((folder / name / "summary.json").read_text()) for name in ("out", "whole")
    )
    for key in ("frames", "objects", "names", "first_mask", "interrupted"):
        assert summary[key] == whole[key]
    out, wanted = contents(folder / "out"), contents(folder / "whole")
    assert out | {"summary.json": None} == wanted | {"summary.json": None}


@pytest.mark.parametrize("stop", [("", 3), ("forward", 3), ("backward", 3)])
def test_prompts_that_have_changed_are_noticed(
    folder: Path, lite_tracker: MakeTracker, stop: tuple[str, int]
) -> None:
    given = two_objects(folder / "prompts.json")
    track(lite_tracker, given, "out", stop, direction="both" if stop[0] else "forward")
    before = contents(folder / "out")
    for name in ("prompts.json", "ball2-8.png"):
        old = (folder / name).read_bytes()
        (folder / name).write_bytes(old + b"\n")
        with pytest.raises(PromptError, match=r"has changed since the job was interrupted"):
            resume(folder / "out")
        assert contents(folder / "out") == before
        (folder / name).write_bytes(old)
    assert not resume(folder / "out").resumable


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--direction", "sideways"), "--direction 'sideways' does not exist: use forward, back"),
        (("--direction", "backward"), "'backward' ends at the first frame: say with --at FRAME"),
        (("--direction", "both", "--log", "a.log"), "does not fit --log"),
        (("--direction", "both", "--init-detections", "a.txt"), "does not fit detections"),
    ],
)
def test_what_does_not_fit_is_refused(folder: Path, options: tuple[str, ...], message: str) -> None:
    before = sorted(path.name for path in folder.iterdir())
    done = samtrack("track", "balls.mp4", "--init-box", box_of(1), *options, *FAST, "-o", "out")
    assert done.code == 2
    assert message in done.errors[0]
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("source", ["-", "0", "http://127.0.0.1:1/a.mp4"])
def test_what_comes_once_is_refused(source: str) -> None:
    done = samtrack(
        "track", source, "--init-box", box_of(1), "--direction", "both", *FAST, "-o", "out"
    )
    assert done.code == 2
    assert f"needs a source that can be read again: save '{source}' to a file" in done.errors[0]


def test_on_the_command_line(folder: Path) -> None:
    options = ("--init-box", box_of(1, SHOTS[4]), "--at", "4", "--direction", "both", *FAST)
    done = samtrack("track", "balls.mp4", *options, "-o", "out")
    assert done.code == 0
    assert sorted(masks_in("out")) == list(range(COUNT))
    assert f"tracked {COUNT} frames in {folder / 'out'}" in done.err
