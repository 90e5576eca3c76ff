"""Labels of YOLO, read by supervision and by us."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import supervision
from PIL import Image

from samtracker.prompts.mask_file import read_mask
from samtracker.results.formats.yolo import YoloWriter
from tests.helpers.results import SIZE, frame, iou, result, write_scene


def test_masks_come_back(tmp_path: Path) -> None:
    results = write_scene(YoloWriter(tmp_path / "yolo"))
    files = sorted((tmp_path / "yolo/labels").iterdir())
    assert [path.name for path in files] == [f"{n:05}.txt" for n in range(10, 14)]
    for path, item in zip(files, results, strict=True):
        found = read_mask(path, SIZE)
        shown = [thing for thing in item.objects if thing.box is not None]
        assert list(found.names.values()) == [
            "class 1" if thing.name else "class 0" for thing in shown
        ]
        for mask, thing in zip(found.masks().values(), shown, strict=True):
            assert iou(mask, thing.mask) >= 0.98


def test_supervision_reads_them_with_their_classes(tmp_path: Path) -> None:
    # It fills polygons with their border: large shapes, so that this is little.
    ids = np.zeros((600, 800), np.uint16)
    ids[50:550, 40:390] = 5
    ids[100:500, 420:780] = 8
    writer = YoloWriter(tmp_path / "yolo")
    writer.write(frame(3, size=ids.shape), result(ids, names={5: "a: 'cat'"}))
    (tmp_path / "images").mkdir()
    Image.new("RGB", (800, 600)).save(tmp_path / "images/00003.jpg")
    data = supervision.DetectionDataset.from_yolo(
        images_directory_path=str(tmp_path / "images"),
        annotations_directory_path=str(tmp_path / "yolo/labels"),
        data_yaml_path=str(tmp_path / "yolo/data.yaml"),
    )
    assert data.classes == ["a: 'cat'", "object"]
    ((_, _, found),) = data
    assert found.mask is not None
    assert found.class_id is not None
    assert found.class_id.tolist() == [0, 1]
    assert iou(found.mask[0], ids == 5) >= 0.98
    assert iou(found.mask[1], ids == 8) >= 0.98


def test_a_frame_without_objects_has_an_empty_file(tmp_path: Path) -> None:
    writer = YoloWriter(tmp_path)
    writer.write(frame(0, stem="shot"), result(np.zeros((2, 3), np.uint16)))
    assert (tmp_path / "labels/shot.txt").read_text() == ""
    assert (tmp_path / "data.yaml").read_text().endswith("names: {}\n")
