"""`samtrack bench` as a user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from samtracker.diagnostics.bench import STAGES
from tests.helpers.cli_tools import samtrack


def test_times_add_up_and_are_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    sizes = ("--size", "64", "--size", "128", "--objects", "1", "--objects", "9")
    done = samtrack("bench", *sizes, "--steps", "3", "--precision", "float32", "-o", out)
    assert done.code == 0
    found = json.loads((out / "bench.json").read_text())
    cases = found["cases"]
    assert [(row["size"], row["objects"]) for row in cases] == [
        (64, 1),
        (64, 9),
        (128, 1),
        (128, 9),
    ]
    for row in cases:
        assert all(row[f"{stage}_p50"] > 0 for stage in STAGES)
        parts = sum(row[f"{stage}_p50"] for stage in STAGES)
        assert 0.5 * row["step_p50"] < parts < 2 * row["step_p50"]
        assert row["step_p50"] <= row["step_p95"]
        assert row["fps"] == pytest.approx(1000 / row["step_p50"], rel=0.01)
    assert found["machine"]["threads"] >= 1
    with Image.open(out / "bench.png") as picture:
        assert picture.width > 600
    lines = done.out.splitlines()
    names = ["encoder", "size", "objects", "backend", *STAGES, "step", "ratio", "p95", "fps", "MB"]
    assert lines[0].split() == names
    assert len(lines) == 5


@pytest.mark.usefixtures("kept_graphs")
def test_backends_are_compared_with_the_first_row(tmp_path: Path) -> None:
    case = ("--size", "64", "--objects", "1", "--steps", "3", "--precision", "float32")
    backends = ("--backend", "torch", "--backend", "onnxruntime", "--backend", "torch")
    done = samtrack("bench", *case, *backends, "-o", tmp_path / "out")
    assert done.code == 0
    first, second = json.loads((tmp_path / "out" / "bench.json").read_text())["cases"]
    assert (first["backend"], second["backend"]) == ("torch", "onnxruntime")
    assert first["ratio"] == 1
    assert second["ratio"] == pytest.approx(second["step_p50"] / first["step_p50"], abs=0.01)


def test_a_whole_job_is_compared_with_its_steps(tmp_path: Path) -> None:
    case = ("--size", "64", "--objects", "1", "--steps", "4", "--precision", "float32")
    done = samtrack("bench", *case, "--end-to-end", "--threads", "1", "-o", tmp_path / "out")
    assert done.code == 0
    found = json.loads((tmp_path / "out" / "bench.json").read_text())
    (row,) = found["cases"]
    assert row["job_fps"] > 0
    assert row["job_share"] > 0
    assert found["machine"]["threads"] == 1
    assert done.out.splitlines()[0].endswith("job fps  of step")


def test_bad_options_leave_nothing(tmp_path: Path) -> None:
    for options, message in (
        (("--size", "7"), "size=7 does not fit"),
        (("--objects", "99"), "99 is not in the range 1<=x<=32"),
        (("--encoder", "huge"), "'huge' is not one of"),
        (("--threads", "0"), "0 is not in the range 1<=x<=1024"),
        (("--threads", "9999"), "9999 is not in the range 1<=x<=1024"),
    ):
        done = samtrack("bench", *options, "-o", tmp_path / "out")
        assert done.code == 2
        assert message in done.err
    assert list(tmp_path.iterdir()) == []
