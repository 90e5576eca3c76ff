"""The examples run as they stand."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

from samtracker.types import mask_box
from tests.helpers.cli_tools import FRAMES, ROOT, SHOTS, box_of, first_mask, frames_in, two_balls

EXAMPLES = {path.stem: path for path in sorted((ROOT / "examples").glob("*.py"))}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the examples are run: with a video of 9 frames."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "video.mp4", FRAMES[:9])
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, name: str, *arguments: str) -> None:
    """Runs `python examples/NAME.py ARGUMENTS`."""
    monkeypatch.setattr(sys, "argv", [str(EXAMPLES[name]), *arguments])
    runpy.run_path(str(EXAMPLES[name]), run_name="__main__")


def drawn(number: int, target: str = "tracked.mp4") -> list[bool]:
    """Whether the wall, the red and the blue ball look different than in the source."""
    source, result = frames_in(Path("video.mp4")), frames_in(Path(target))
    assert len(source) == len(result) == 9
    change = np.abs(result[number].astype(float) - source[number]).mean(axis=2)
    # Compression changes little; a label covers only a small part of the wall.
    return [bool(np.median(change[SHOTS[number].mask(i)]) > 11) for i in (0, 1, 2)]


def test_all_are_short_and_run_here() -> None:
    assert sorted(EXAMPLES) == [
        *("annotate", "correct", "onnx_tracker", "overfit", "serve_client", "to_supervision"),
        *("track_video", "two_objects", "webcam"),
    ]
    for path in EXAMPLES.values():
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < (200 if path.stem == "onnx_tracker" else 50)
        assert f"\npython examples/{path.name}" in text
        assert f"]({path.name}) |" in (ROOT / "examples" / "README.md").read_text("utf-8")


def test_track_video(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "track_video", "video.mp4", box_of(1), "tracked.mp4")
    printed = capsys.readouterr().out.splitlines()
    assert [line.partition(" (")[0] for line in printed] == [
        f"{0.04 * number:.2f} s: object 1 tracking" for number in range(9)
    ]
    assert drawn(0) == drawn(8) == [False, True, False]


def test_two_objects(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    second = box_of(2, SHOTS[3])  # when it joins
    run(monkeypatch, "two_objects", "video.mp4", box_of(1), second, "tracked.mp4")
    ids = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert ids == ["[1]"] * 3 + ["[1, 2]"] * 4 + ["[2]"] * 2
    assert drawn(2) == [False, True, False]
    assert drawn(6) == [False, True, True]
    assert drawn(8) == [False, False, True]


def test_correct(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user meant the other ball."""
    first_mask(folder / "first.png", SHOTS[0].mask(1).astype(np.uint8))
    first_mask(folder / "frame4.png", SHOTS[4].mask(2).astype(np.uint8))
    run(monkeypatch, "correct", "video.mp4", "first.png", "4", "frame4.png", "tracked.mp4")
    before, after = capsys.readouterr().out.splitlines()
    assert before.startswith("before: ")
    assert after == f"after: {mask_box(SHOTS[4].mask(2))}"
    assert drawn(3) == [False, True, False]
    assert drawn(4) == drawn(8) == [False, False, True]


def test_annotate(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    boxes = [f"{number}:{box_of(1, SHOTS[number])}" for number in (2, 6)]
    run(monkeypatch, "annotate", "video.mp4", "tracked.mp4", *boxes)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in printed] == [[str(n), "tracking"] for n in range(9)]
    assert [line.split()[2] for line in printed][2:7:4] == ["1.00", "1.00"]
    assert drawn(0) == drawn(4) == drawn(8) == [False, True, False]


def test_webcam(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    box = box_of(1).split(",")
    run(monkeypatch, "webcam", "video.mp4", "--box", *box, "--no-window")
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(" (")[0] for line in lines] == [
        f"{0.04 * number:.2f} s tracking" for number in range(1, 9)
    ]


def test_to_supervision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_mask(folder / "first.png")
    run(monkeypatch, "to_supervision", "video.mp4", "first.png", "tracked.mp4")
    assert drawn(0) == drawn(8) == [False, True, True]


def test_overfit(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "overfit", "overfit")
    printed = capsys.readouterr().out
    before, after = (float(number) for number in re.findall(r"IoU (\d\.\d+)", printed))
    assert after >= 0.95
    assert after > before
    assert Path("overfit/samples.png").is_file()


def test_the_tour(folder: Path) -> None:
    book = nbformat.read(ROOT / "examples" / "tour.ipynb", 4)
    pictures = re.compile('"image/jpeg"')
    stored = nbformat.writes(book)
    assert len(stored) < 300_000
    done = NotebookClient(book, timeout=120, resources={"metadata": {"path": folder}}).execute()
    assert len(pictures.findall(nbformat.writes(done))) == len(pictures.findall(stored)) == 4
    assert sorted(path.name for path in folder.iterdir()) == [
        *("tour.mp4", "tour.safetensors", "video.mp4"),
    ]
    assert [float(j) for j in re.findall(r"J (\d.\d+)", nbformat.writes(done))][-1] > 0.6
