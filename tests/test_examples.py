"""The examples run as they stand."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from cli_tools import FRAMES, ROOT, SHOTS, box_of, first_mask, frames_in, two_balls

from samtracker.types import Frame, Mask

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


def change(image: Frame, number: int, where: Mask) -> float:
    """How much was drawn on a frame, inside of a mask: mean difference, 0 to 255."""
    return float(np.abs(image.astype(float) - FRAMES[number])[where].mean())


def test_all_are_short_and_run_here() -> None:
    assert sorted(EXAMPLES) == ["correct", "to_supervision", "track_video", "two_objects", "webcam"]
    for path in EXAMPLES.values():
        text = path.read_text("utf-8")
        assert len(text.splitlines()) < 50
        assert f"\npython examples/{path.name}" in text


def test_track_video(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    run(monkeypatch, "track_video", "video.mp4", *box_of(1).split(","), "tracked.mp4")
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 9
    assert "tracking" in printed[8]
    shown = frames_in(Path("tracked.mp4"))
    assert len(shown) == 9
    red, wall = SHOTS[8].mask(1), SHOTS[8].mask(0)
    assert change(shown[8], 8, red) > 5 * change(shown[8], 8, wall)


def test_two_objects(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    # The second ball, where it is in the fourth frame.
    rows, columns = np.nonzero(SHOTS[3].mask(2))
    second = f"{columns.min()},{rows.min()},{columns.max() + 1},{rows.max() + 1}"
    run(monkeypatch, "two_objects", "video.mp4", box_of(1), second, "tracked.mp4")
    ids = [line.partition(" ")[2] for line in capsys.readouterr().out.splitlines()]
    assert ids == ["[1]"] * 3 + ["[1, 2]"] * 4 + ["[2]"] * 2
    shown = frames_in(Path("tracked.mp4"))
    red, blue = SHOTS[8].mask(1), SHOTS[8].mask(2)
    assert change(shown[8], 8, blue) > 5 * change(shown[8], 8, red)


def test_correct(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    first_mask(folder / "first.png", SHOTS[0].mask(1).astype(np.uint8))
    true = first_mask(folder / "frame4.png", SHOTS[4].mask(2).astype(np.uint8))
    run(monkeypatch, "correct", "video.mp4", "first.png", "4", true.name, "tracked.mp4")
    before, after = capsys.readouterr().out.splitlines()
    rows, columns = np.nonzero(SHOTS[4].mask(2))
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    assert after == f"after: {tuple(map(float, box))}"
    assert before != after
    shown = frames_in(Path("tracked.mp4"))
    red, blue = SHOTS[3].mask(1), SHOTS[3].mask(2)
    assert change(shown[3], 3, red) > 5 * change(shown[3], 3, blue)
    red, blue = SHOTS[8].mask(1), SHOTS[8].mask(2)
    assert change(shown[8], 8, blue) > 2 * change(shown[8], 8, red)


def test_webcam(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    box = box_of(1).split(",")
    run(monkeypatch, "webcam", "video.mp4", "--box", *box, "--no-window")
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" s ")[0] for line in lines] == [f"{0.04 * n:.2f}" for n in range(1, 9)]
    assert all(" tracking (" in line for line in lines)


def test_to_supervision(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_mask(folder / "first.png")
    run(monkeypatch, "to_supervision", "video.mp4", "first.png", "tracked.mp4")
    shown = frames_in(Path("tracked.mp4"))
    assert len(shown) == 9
    balls, wall = SHOTS[8].ids > 0, SHOTS[8].mask(0)
    assert change(shown[8], 8, balls) > 3 * change(shown[8], 8, wall)
