"""`--save prompts`: a file that stands alone, with which a job is done again, bit for bit."""

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
    PromptsFile,
    TrackJob,
    resume,
)
from samtracker.masks.run_lengths import decode
from samtracker.types import mask_box
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import (
    SHOTS,
    box_of,
    click_on,
    contents,
    first_mask,
    samtrack,
    two_balls,
)

FAST = ("--size", "64", "--save", "masks,rle,prompts")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The film, and where the balls are in some frames."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4")
    ids = SHOTS[0].ids.copy()
    ids[ids > 0] += 2
    first_mask(tmp_path / "three.png", np.where(ids == 3, 3, 0).astype(np.uint8))
    first_mask(tmp_path / "five.png", np.where(SHOTS[0].ids == 2, 5, ids).astype(np.uint8))
    return tmp_path


def without_summary(place: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in contents(place).items() if name != "summary.json"}


def saved(place: str) -> list[dict[str, Any]]:
    objects: list[dict[str, Any]] = json.loads(Path(place, "prompts.json").read_text())["objects"]
    return objects


@pytest.mark.parametrize(
    "options",
    [
        ("--init-mask", "five.png"),
        ("--init-mask", "three.png", "--init-point", click_on(2), "--mask-kind", "ids"),
        ("--init-box", box_of(1), "--init-point", click_on(2), "--candidate", "2"),
        ("--init-box", box_of(1, SHOTS[4]), "--at", "4", "--direction", "both"),
        ("--init-box", box_of(1, SHOTS[4]), "--at", "4", "--direction", "backward"),
    ],
)
def test_options_become_prompts(folder: Path, options: tuple[str, ...]) -> None:
    done = samtrack("track", "balls.mp4", *options, *FAST, "-o", "one")
    assert done.code == 0, done.err
    for picture in folder.glob("*.png"):
        picture.unlink()  # the file stands alone
    again = ("--prompts", "one/prompts.json", *(options[-2:] if "--direction" in options else ()))
    done = samtrack("track", "balls.mp4", *again, *FAST, "-o", "two")
    assert done.code == 0, done.err
    assert without_summary(folder / "two") == without_summary(folder / "one")


def test_what_is_in_the_file(folder: Path) -> None:
    options = ("--init-mask", "five.png", "--init-box", "5,60,40,90", "--start", "0.04")
    assert samtrack("track", "balls.mp4", *options, *FAST, "-o", "out").code == 0
    red, blue, third = saved("out")
    assert [item["id"] for item in (red, blue, third)] == [3, 5, 6]
    np.testing.assert_array_equal(decode(red["prompts"][0]["rle"]), SHOTS[0].mask(1))
    assert third["prompts"] == [{"frame": 1, "box": [5, 60, 40, 90]}]


def test_prompts_and_absences_of_python_in_a_job_that_is_resumed(
    folder: Path, lite_tracker: MakeTracker
) -> None:
    box = mask_box(SHOTS[8].mask(1))
    first_mask(folder / "blue.png", SHOTS[2].mask(2).astype(np.uint8))
    red = (
        PlacedPrompt(place=Place(frame=1), mask=SHOTS[1].mask(1)),
        PlacedPrompt(place=Place(time=4 / 25), absent=True),
        PlacedPrompt(place=Place(time=8 / 25), box=box),
    )
    blue = (PlacedPrompt(place=Place(frame=2), mask=Path("blue.png")),)
    objects = (
        PromptedObject(name="blue", prompts=blue, id=9),
        PromptedObject(name="", prompts=red, id=4),
    )
    (folder / "elsewhere").mkdir()
    PromptsFile(path=folder / "elsewhere/given.json", objects=objects).write()

    def track(given: str, output: str, stop: int) -> None:
        job = TrackJob(
            source="balls.mp4",
            prompts=FirstPrompts(prompts_file=Path(given)),
            output=Path(output),
            save=("rle", "prompts"),
        )
        job.run(lite_tracker(), on_frame=lambda progress: progress.done < stop)

    track("elsewhere/given.json", "one", 4)
    written = (folder / "one/prompts.json").read_bytes()
    assert not resume(folder / "one").resumable
    assert (folder / "one/prompts.json").read_bytes() == written
    (folder / "blue.png").unlink()
    track("one/prompts.json", "two", 99)
    assert without_summary(folder / "two") == without_summary(folder / "one")
    assert [item["id"] for item in saved("two")] == [9, 4]
    assert saved("two")[1]["prompts"][1:] == [
        {"time": 4 / 25, "absent": True},
        {"time": 8 / 25, "box": list(box or ())},
    ]


def test_a_box_may_start_any_id(folder: Path) -> None:
    box = mask_box(SHOTS[0].mask(1))
    for name, identity in (("one", 1), ("seven", 7)):
        shown = (PlacedPrompt(place=Place(frame=0), box=box),)
        item = PromptedObject(id=identity, name="", prompts=shown)
        PromptsFile(path=folder / f"{name}.json", objects=(item,)).write()
        done = samtrack("track", "balls.mp4", "--prompts", f"{name}.json", *FAST, "-o", name)
        assert done.code == 0
    one, seven = ((folder / name / "masks.jsonl").read_text() for name in ("one", "seven"))
    assert seven == one.replace('"id": 1,', '"id": 7,')


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ((0, 1), "id 0 is no whole number from 1 to 65535"),
        (("1", 2), 'id "1" is no whole number from 1 to 65535'),
        ((2, 2), "id 2 is not above 2, of an object that starts before"),
        ((3, 2), "id 2 is not above 3"),
    ],
)
def test_what_is_no_id(folder: Path, ids: tuple[Any, Any], message: str) -> None:
    objects = [
        {"id": number, "prompts": [{"frame": frame, "box": [1, 2, 30, 40]}]}
        for frame, number in enumerate(ids)
    ]
    Path("a.json").write_text(json.dumps({"format": "samtracker-prompts-1", "objects": objects}))
    done = samtrack("track", "balls.mp4", "--prompts", "a.json", *FAST, "-o", "out")
    assert (done.code, len(done.errors)) == (2, 1)
    assert message in done.errors[0]


def test_a_file_of_the_user_is_not_replaced(folder: Path) -> None:
    options = ("--init-box", box_of(1), *FAST, "-o", "out")
    assert samtrack("track", "balls.mp4", *options).code == 0
    assert samtrack("track", "balls.mp4", *options, "--overwrite").code == 0
    own = json.dumps(json.loads(Path("out/prompts.json").read_text()))
    Path("out/prompts.json").write_text(own)
    done = samtrack("track", "balls.mp4", *options, "--overwrite")
    assert (done.code, "'prompts.json' in it is no result" in done.err) == (2, True)
    assert Path("out/prompts.json").read_text() == own


def test_detections_are_no_prompts(folder: Path) -> None:
    Path("found.txt").write_text("1,-1,10,10,40,40,1,-1,-1,-1\n")
    done = samtrack("track", "balls.mp4", "--init-detections", "found.txt", *FAST, "-o", "out")
    assert (done.code, len(done.errors)) == (2, 1)
    assert "--save prompts does not fit detections" in done.errors[0]
