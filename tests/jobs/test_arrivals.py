"""Objects that a detector finds: new ones start, and none twice."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest

from samtracker.jobs import FirstPrompts, TrackJob, resume
from samtracker.types import mask_box
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, SHOTS, contents, ids_in, samtrack, two_balls
from tests.helpers.results import iou

COUNT = len(FRAMES)
NAMES = {1: "red", 2: "blue"}

Run = Callable[..., Path]


def detections(
    path: Path, red: Iterable[int] = (), blue: Iterable[int] = (), *, named: bool = True
) -> Path:
    """Boxes of the balls in some frames, a pixel or two off, the surer one twice."""
    rng = np.random.default_rng(0)
    found = []
    for ball, frames in ((1, red), (2, blue)):
        for index in frames:
            for score in (0.9, 0.8):
                x1, y1, x2, y2 = mask_box(SHOTS[index].mask(ball)) or (0, 0, 0, 0)
                x, y = rng.integers(-1, 2, 2).tolist()
                found.append(
                    {
                        "image_id": index,
                        "category_id": ball,
                        "bbox": [x1 + x, y1 + y, x2 - x1, y2 - y1],
                        "score": score,
                    }
                )
    images = [{"id": n, "file_name": f"{n:05}.jpg"} for n in range(COUNT)]
    categories = [{"id": n, "name": name} for n, name in NAMES.items()] if named else []
    data = {"images": images, "annotations": found, "categories": categories}
    path.write_text(json.dumps(data))
    return path


@pytest.fixture
def run(tmp_path: Path, lite_tracker: MakeTracker) -> Run:
    source = two_balls(tmp_path / "balls.mp4")

    def job(name: str, prompts: FirstPrompts, *, stop: int = COUNT + 1, **settings: int) -> Path:
        job = TrackJob(
            source=source, prompts=prompts, output=tmp_path / name, save=("masks", "rle")
        )
        outcome = job.run(lite_tracker(**settings), on_frame=lambda progress: progress.done < stop)
        assert outcome.failure is None
        return outcome.folder

    return job


def without_summary(folder: Path) -> dict[str, bytes | None]:
    return {name: data for name, data in contents(folder).items() if name != "summary.json"}


def test_a_ball_starts_when_it_is_seen_and_not_again(tmp_path: Path, run: Run) -> None:
    path = detections(tmp_path / "a.json", red=range(COUNT), blue=range(3, COUNT))
    out = run("whole", FirstPrompts(detections=path))
    summary = json.loads((out / "summary.json").read_text())
    assert summary["names"] == {"1": "red", "2": "blue"}
    assert {n: sum(states.values()) for n, states in summary["objects"].items()} == {
        "1": COUNT,
        "2": COUNT - 3,
    }
    assert summary["first_mask"] == dict.fromkeys("12", "detection (grabcut)")
    for index, shot in enumerate(SHOTS):
        ids = ids_in(out / f"masks/{index:05}.png")
        assert iou(ids == 1, shot.mask(1)) > 0.7
        assert iou(ids == 2, shot.mask(2) if index >= 3 else ids < 0) > 0.6

    stopped = run("stopped", FirstPrompts(detections=path), stop=5)
    resume(stopped)
    assert without_summary(stopped) == without_summary(out)
    assert json.loads((stopped / "summary.json").read_text())["first_mask"] == summary["first_mask"]


def test_before_anything_is_seen_nothing_is_tracked(tmp_path: Path, run: Run) -> None:
    prompts = FirstPrompts(detections=detections(tmp_path / "a.json", blue=[4], named=False))
    out = run("whole", prompts)
    assert [path.name for path in sorted((out / "masks").iterdir())] == [
        f"{n:05}.png" for n in range(4, COUNT)
    ]
    assert iou(ids_in(out / "masks/00005.png") == 1, SHOTS[5].mask(2)) > 0.6
    stopped = run("stopped", prompts, stop=2)
    resume(stopped)
    assert without_summary(stopped) == without_summary(out)


def test_a_ball_that_was_pointed_at_is_not_started_again(
    tmp_path: Path, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    path = detections(tmp_path / "a.json", red=range(2), blue=range(2, 5))
    box = mask_box(SHOTS[0].mask(1))
    assert box is not None
    out = run("one", FirstPrompts(boxes=(box,), detections=path), max_objects=1)
    summary = json.loads((out / "summary.json").read_text())
    assert list(summary["objects"]) == ["1"]
    assert summary["first_mask"] == {"1": "box (grabcut)"}
    assert caplog.text.count("new objects are left out") == 1


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "balls.mp4")
    job = ("track", "balls.mp4", "--size", "64", "--save", "csv", "-o", "out", "--init-detections")
    assert "detections 'none' cannot be read" in samtrack(*job, "none").errors[0]
    detections(tmp_path / "late.json", red=[9])
    failed = samtrack(*job, "late.json", "--end", "0.2")
    assert "has no frame that is pointed at from 0 s to 0.2 s (5 frames): point" in failed.errors[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["balls.mp4", "late.json"]
    done = samtrack(*job, detections(tmp_path / "a.json", red=[0], blue=[1]))
    assert done.code == 0
    assert done.err.startswith("object 1 (red): ")
    assert "pixels from the detection (lite)" in done.err
    assert json.loads(done.out)["names"] == {"1": "red", "2": "blue"}
