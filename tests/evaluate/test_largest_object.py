"""The largest object of photos with many."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samtracker.data.clip import IGNORED
from samtracker.data.mixture import open_dataset
from samtracker.evaluate.largest_object import LargestObject
from tests.helpers.datasets import photo, write_mask, write_photo


def test_the_largest_object_is_number_one(tmp_path: Path) -> None:
    values = np.zeros((20, 30), np.uint8)
    values[2:5, 2:5] = 40  # an id that is no shade
    values[8:18, 3:20] = 7
    values[:, 25:] = 255
    write_photo(tmp_path / "images" / "a.png", photo(0, (20, 30)))
    write_mask(tmp_path / "masks" / "a.png", values, "L")
    (clip,) = open_dataset("instances", tmp_path, "all")
    assert clip.object_ids == (7, 40)
    largest = LargestObject(clip)
    assert (largest.name, len(largest), largest.labeled) == ("a", 1, (0,))
    wanted = np.where(values == 7, 1, np.where(values == 255, IGNORED, 0))
    np.testing.assert_array_equal(largest.mask(0), wanted)
    np.testing.assert_array_equal(largest.frame(0), clip.frame(0))
