"""COCO's JSON, read by pycocotools and supervision."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest
import supervision
from PIL import Image
from pycocotools.coco import COCO

from samtracker.results.formats.coco import CocoWriter
from tests.helpers.results import SIZE, iou, write_scene

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.mark.parametrize("polygons", [False, True])
def test_pycocotools_reads_every_mask(tmp_path: Path, polygons: bool) -> None:
    results = write_scene(CocoWriter(tmp_path / "a.json", video="a.mp4", polygons=polygons))
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(tmp_path / "a.json")
    assert coco.getImgIds() == [10, 11, 12, 13]
    assert coco.loadCats(coco.getCatIds()) == [
        {"id": 1, "name": "object"},
        {"id": 2, "name": "cat"},
    ]
    for result in results:
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=[10 + result.index]))
        shown = [item for item in result.objects if item.box is not None]
        assert [item["track_id"] for item in annotations] == [item.id for item in shown]
        for annotation, item in zip(annotations, shown, strict=True):
            decoded = coco.annToMask(annotation).astype(bool)
            assert iou(decoded, item.mask) >= (0.98 if polygons else 1)
            assert annotation["category_id"] == 1 + (item.name == "cat")
            assert item.box is not None
            x1, y1, x2, y2 = item.box
            assert annotation["bbox"] == [x1, y1, x2 - x1, y2 - y1]
            assert annotation["area"] == np.count_nonzero(item.mask)
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_supervision_reads_every_mask(tmp_path: Path) -> None:
    results = write_scene(CocoWriter(tmp_path / "a.json", video="a.mp4", polygons=False))
    for number in range(10, 14):
        Image.new("RGB", SIZE[::-1]).save(tmp_path / f"{number:05}.jpg")
    data = supervision.DetectionDataset.from_coco(
        str(tmp_path), str(tmp_path / "a.json"), force_masks=True
    )
    assert data.classes == ["object", "cat"]
    for (path, _, found), result in zip(data, results, strict=True):
        assert Path(path).stem == f"{10 + result.index:05}"
        shown = [item for item in result.objects if item.box is not None]
        assert found.mask is not None
        for mask, item in zip(found.mask, shown, strict=True):
            assert iou(mask, item.mask) >= 0.98


def test_a_video_without_objects(tmp_path: Path) -> None:
    writer = CocoWriter(tmp_path / "a.json", video='"a".mp4', polygons=False)
    writer.close()
    data = json.loads((tmp_path / "a.json").read_text())
    assert data["videos"] == [{"id": 1, "name": '"a".mp4'}]
    assert (data["images"], data["annotations"], data["categories"]) == ([], [], [])
