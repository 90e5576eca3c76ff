"""Files of labelme, against its schema, and read by us."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from PIL import Image

from samtracker.prompts.mask_file import read_mask
from samtracker.results.formats.labelme import LabelmeWriter
from tests.helpers.results import SIZE, iou, write_scene


def test_masks_and_pictures_come_back(tmp_path: Path) -> None:
    results = write_scene(LabelmeWriter(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        f"{n:05}.{suffix}" for n in range(10, 14) for suffix in ("jpg", "json")
    )
    for result in results:
        path = tmp_path / f"{10 + result.index:05}.json"
        data = json.loads(path.read_text())
        _check_schema(data)
        with Image.open(tmp_path / data["imagePath"]) as picture:
            assert picture.size == SIZE[::-1]
        found = read_mask(path, SIZE)
        shown = [item for item in result.objects if item.box is not None]
        assert list(found.names.values()) == [item.name or "object" for item in shown]
        for mask, item in zip(found.masks().values(), shown, strict=True):
            assert iou(mask, item.mask) >= 0.98
        kinds = [(shape["group_id"], shape["shape_type"]) for shape in data["shapes"][:3]]
        assert kinds == [(1, "mask"), (2, "polygon"), (2, "polygon")]


def _check_schema(data: dict[str, object]) -> None:
    """Pass what labelme's own reader (`label_file.py`) asks for."""
    assert set(data) == {
        *("version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"),
    }
    assert isinstance(data["shapes"], list)
    assert (data["imageHeight"], data["imageWidth"]) == SIZE
    for shape in data["shapes"]:
        assert set(shape) == {
            *("label", "points", "group_id", "description", "shape_type", "flags", "mask"),
        }
        points = np.array(shape["points"])
        assert points.shape[1] == 2
        if shape["shape_type"] == "mask":
            assert points.shape[0] == 2  # the first and the last pixel
            assert isinstance(shape["mask"], str)
        else:
            assert shape["shape_type"] == "polygon"
            assert len(points) >= 3
            assert shape["mask"] is None
