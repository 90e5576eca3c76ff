"""How far a batch is, on a terminal and elsewhere."""

from __future__ import annotations

import sys

import pytest

from samtracker.cli.batch_progress import BatchProgress
from samtracker.jobs.batch import BatchRow, Status

ROW = BatchRow(
    name="b[1]",
    source="b.mp4",
    inputs="",
    status=Status.CUT_OFF,
    frames=9,
    fps={"p50": 21.5},
    error="it ends too early: leave output=... as it is",
    warnings=["mask_kind='ids' is better"],
)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_all_jobs_on_one_screen_and_a_line_for_each_that_ends(
    is_terminal: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: is_terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with BatchProgress(["a", "b[1]", "c"], "process pool") as display:
        display.show({0: (3, 10), 1: (8, None)})
        display.show({0: (4, 10), 2: (5, 12)})
        display.end(ROW)
    out, err = capsys.readouterr()
    assert out == ""
    said = err.replace("\r", "")
    assert "[1/3] b[1]: cut off, 9 frames, 21.5 fps: it ends too early: leave --output as" in said
    assert "Warning: b[1]: --mask-kind 'ids' is better\n" in said
    assert "videos, on process pool" in err
    for shown in ("4/10", "5/12", "1/3 "):
        assert (shown in err) == is_terminal
