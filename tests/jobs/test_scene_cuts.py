"""Cuts to another scene: what is found behind them, and jobs that end there."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samtracker.cli import main
from samtracker.errors import ConfigError
from samtracker.jobs import FirstPrompts, SceneCut, TrackJob, annotate, resume
from samtracker.results.formats.rle import read_rle
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import SHOTS, box_of, contents, first_mask, samtrack, two_balls
from tests.helpers.resumption import until
from tests.helpers.scenes import RED, Ball, Shot, film

CUT = 5
ELSEWHERE = film([Ball(color=RED.color, center=(125, 60), velocity=(-4, 0), radius=22)], 5)
"""The red ball at another place, before another wall."""
BEHIND = [
    Shot(np.where(shot.ids[..., None] > 0, shot.frame, 255 - shot.frame[::-1, ::-1]), shot.ids)
    for shot in ELSEWHERE
]
SCENES = [*SHOTS[:CUT], *BEHIND]
FAST = ("--size", "64", "--save", "rle", "-o", "out")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film of two scenes, and where the ball is in some frames."""
    monkeypatch.chdir(tmp_path)
    two_balls(tmp_path / "scenes.mp4", [shot.frame for shot in SCENES])
    for number in (0, 8):
        first_mask(tmp_path / f"red{number}.png", SCENES[number].mask(1).astype(np.uint8))
    return tmp_path


def found(folder: str) -> dict[int, Any]:
    return {frame.index: result[1] for frame, result in read_rle(Path(folder, "masks.jsonl"))}


def job(mode: str, output: str, frame: int = 0, **settings: Any) -> TrackJob:
    prompts = FirstPrompts(mask=Path(f"red{frame}.png"), at=frame)
    return TrackJob(
        source="scenes.mp4",
        prompts=prompts,
        output=Path(output),
        save=("rle",),
        scene_cuts=mode,
        **settings,
    )


@pytest.mark.parametrize("direction", ["forward", "both"])
def test_behind_a_cut_an_object_is_looked_for_as_if_it_were_lost(
    folder: Path, lite_tracker: MakeTracker, direction: str
) -> None:
    summary = job("keep", "out", direction=direction).run(lite_tracker()).summary
    assert summary.scene_cuts == (SceneCut(frame=CUT, time=CUT / 25),)
    lines = map(json.loads, Path("out/masks.jsonl").read_text().splitlines())
    states = [line["objects"][0]["state"] for line in lines]
    assert states[:CUT] == ["tracking"] * CUT
    assert states[CUT] in ("reacquired", "lost")  # and neither tracked on nor in doubt


@pytest.mark.parametrize(
    ("direction", "start", "frames", "stops"),
    [
        ("forward", 0, range(CUT), [("", 3)]),
        ("backward", 8, range(CUT, 9), [("backward", 2)]),
        ("both", 8, range(CUT, 10), [("forward", 1), ("backward", 2), ("writing", 3)]),
        ("both", 0, range(CUT), [("writing", 3)]),
    ],
)
def test_a_job_ends_at_a_cut(
    lite_tracker: MakeTracker,
    direction: str,
    start: int,
    frames: range,
    stops: list[tuple[str, int]],
) -> None:
    whole = job("stop", "whole", start, direction=direction).run(lite_tracker())
    assert (whole.failure, whole.resumable) == (None, False)
    assert whole.summary.scene_cuts == (SceneCut(frame=CUT, time=CUT / 25, stopped=True),)
    assert list(found("whole")) == list(frames)
    stop, *others = stops
    job("stop", "stopped", start, direction=direction).run(lite_tracker(), on_frame=until(stop))
    for later in others:
        resume(Path("stopped"), on_frame=until(later))
    again = resume(Path("stopped")).summary
    assert again.scene_cuts == whole.summary.scene_cuts
    assert Path("stopped/masks.jsonl").read_bytes() == Path("whole/masks.jsonl").read_bytes()


def test_on_the_command_line(folder: Path) -> None:
    options = ("--init-box", box_of(1), "--scene-cuts", "stop", *FAST)
    done = samtrack("track", "scenes.mp4", *options)
    assert done.code == 0
    said = "Warning: stopped at a cut to another scene, at frame 5 (0.2 s): track on with --start\n"
    assert said in done.err
    cut = {"frame": CUT, "time": 0.2, "stopped": True}
    assert json.loads(done.out)["scene_cuts"] == [cut]
    assert list(found("out")) == list(range(CUT))
    go_on = ("--init-box", box_of(1, SCENES[CUT]), "--start", "0.2", "--scene-cuts", "stop")
    assert samtrack("track", "scenes.mp4", *go_on, *FAST[:-1], "rest").code == 0
    assert list(found("rest")) == list(range(CUT, len(SCENES)))


@pytest.mark.parametrize(("answer", "count"), [(b"y\n", len(SCENES)), (b"n\n", CUT)])
def test_somebody_at_a_terminal_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch, answer: bytes, count: int
) -> None:
    ours, theirs = os.openpty()
    os.write(ours, answer)
    options = ("--init-box", box_of(1), "--scene-cuts", "ask", *FAST)
    with os.fdopen(theirs, "r+b", buffering=0) as terminal:
        with (
            os.fdopen(os.dup(theirs), encoding="ascii") as keys,
            os.fdopen(os.dup(theirs), "w", encoding="utf-8") as screen,
        ):
            monkeypatch.setattr(sys, "stdin", keys)
            monkeypatch.setattr(sys, "stderr", screen)
            main(["track", "scenes.mp4", *options], standalone_mode=False)
            screen.flush()
        seen = os.read(ours, 2**16).decode()
        assert terminal.isatty()
    os.close(ours)
    assert "another scene begins at frame 5 (0.2 s): go on? [Y/n]:" in seen
    assert len(found("out")) == count


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("ask", "--scene-cuts 'ask' needs somebody to ask, at a terminal or by on_cut: take"),
        ("cut", "--scene-cuts 'cut' does not exist: use ignore, keep, stop, ask"),
    ],
)
def test_what_cannot_be_done(folder: Path, mode: str, message: str) -> None:
    before = contents(folder)
    done = samtrack("track", "scenes.mp4", "--init-box", box_of(1), "--scene-cuts", mode, *FAST)
    assert (done.code, len(done.errors)) == (2, 1)
    assert message in done.errors[0]
    assert contents(folder) == before


def test_nobody_is_asked_in_python(folder: Path, lite_tracker: MakeTracker) -> None:
    with pytest.raises(ConfigError, match=r"scene_cuts='ask' needs somebody to ask"):
        job("ask", "out").run(lite_tracker())
    prompts = FirstPrompts(mask=Path("red0.png"))
    results = annotate("scenes.mp4", prompts, scene_cuts="stop", tracker=lite_tracker())
    assert len(list(results)) == CUT
