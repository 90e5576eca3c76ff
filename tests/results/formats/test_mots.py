"""Lines of MOTS and MOT, taken apart as their specifications say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco

from samtracker.results.formats.mot import MotWriter
from samtracker.results.formats.mots import MotsWriter
from tests.helpers.results import write_scene


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in decode
def test_mots(tmp_path: Path) -> None:
    results = write_scene(MotsWriter(tmp_path / "mots.txt"))
    lines = [line.split(" ") for line in (tmp_path / "mots.txt").read_text().splitlines()]
    shown = [(r.index, item) for r in results for item in r.objects if item.box is not None]
    for (frame, number, kind, height, width, counts), (index, item) in zip(
        lines, shown, strict=True
    ):
        assert (frame, number, kind) == (f"{11 + index}", f"{item.id}", "2" if item.name else "1")
        decoded = coco.decode({"size": [int(height), int(width)], "counts": counts})
        np.testing.assert_array_equal(decoded, item.mask)


def test_mot(tmp_path: Path) -> None:
    results = write_scene(MotWriter(tmp_path / "mot.txt"))
    rows = np.loadtxt(tmp_path / "mot.txt", delimiter=",")
    expected = []
    for result in results:
        for item in result.objects:
            if item.box is not None:
                x1, y1, x2, y2 = item.box
                place = (x1 + 1, y1 + 1, x2 - x1, y2 - y1)
                expected.append((11 + result.index, item.id, *place, 0.5, -1, -1, -1))
    np.testing.assert_array_equal(rows, expected)
