"""`samtrack data preview`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from samtracker.cli.data import data
from samtracker.data.mixture import parse_source
from samtracker.data.preview import preview
from samtracker.data.sample import MAIN
from samtracker.data.training_set import TrainingSet
from samtracker.errors import DatasetError, OutputError
from tests.helpers.datasets import write_davis


def run(*args: object) -> Result:
    return CliRunner().invoke(data, ["preview", *map(str, args)])


def test_a_row_shows_image_mask_template_and_its_mask(tmp_path: Path) -> None:
    source = parse_source(f"davis:{write_davis(tmp_path)}")
    dataset = TrainingSet([source], count=3, size=48)
    figure = preview(dataset, 2)
    assert figure.shape[1] == 4 * 54 + 6
    assert figure.dtype == np.uint8
    for row in (0, 1):
        sample = dataset.sample(row)
        top = 28 + row * (54 + 28)
        cells = [figure[top : top + 48, left : left + 48] for left in (6, 60, 114, 168)]
        assert np.array_equal(cells[0], sample.frames[1])
        assert np.array_equal(cells[1][..., 0] == 255, sample.ids[1] == MAIN)
        assert np.array_equal(cells[2], sample.frames[0])
        assert np.array_equal(cells[3][..., 0] == 255, sample.ids[0] == MAIN)
    assert (figure[:28] < 128).any(axis=(0, 2)).any()
    with pytest.raises(DatasetError, match="rows=4 does not fit"):
        preview(dataset, 4)


def test_the_command_writes_the_figure(tmp_path: Path) -> None:
    write_davis(tmp_path / "davis")
    output = tmp_path / "p.png"
    done = run(
        *("--data", f"davis:{tmp_path}/davis", "--data", "synthetic*2", "--framing", "object"),
        *("--rows", 3, "--size", 64, "--length", 3, "--seed", 4, "-o", output),
    )
    assert (done.exit_code, done.output) == (0, f"{output}: 3 samples\n")
    with Image.open(output) as image:
        assert image.size == (4 * 70 + 6, 28 + 3 * 98)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["p.png"]


def test_an_earlier_figure_stays_unless_told(tmp_path: Path) -> None:
    output = tmp_path / "p.png"
    output.write_text("earlier")
    args = ("--data", "synthetic", "--rows", 1, "--size", 32, "-o", output)
    refused = run(*args)
    assert isinstance(refused.exception, OutputError)
    assert "--overwrite" in str(refused.exception)
    assert output.read_text() == "earlier"
    assert run(*args, "--overwrite").exit_code == 0
    assert output.read_bytes().startswith(b"\x89PNG")


def test_failures_leave_nothing_behind(tmp_path: Path) -> None:
    missing = run("--data", "synthetic", "--rows", 1, "--size", 32, "-o", tmp_path / "no" / "p.png")
    assert isinstance(missing.exception, OutputError)
    assert "cannot be written" in str(missing.exception)
    wrong = run("--data", "coco:/data", "-o", tmp_path / "p.png")
    assert isinstance(wrong.exception, DatasetError)
    assert not list(tmp_path.iterdir())
    assert "Missing option '--data'" in run().output
