"""Files of boxes, as detectors write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from samtracker.errors import PromptError
from samtracker.prompts.detections import Detection, Detections

CAT = Detection(box=(10.0, 20.0, 40.0, 60.0), name="cat", score=0.75)


def written(path: Path, data: Any) -> Path:
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


def test_annotations_of_coco(tmp_path: Path) -> None:
    data = {
        "images": [{"id": 8, "file_name": "a/00012.jpg"}, {"id": 9, "file_name": "00013.jpg"}],
        "annotations": [
            {"image_id": 8, "category_id": 3, "bbox": [0, 0, 5, 5], "score": 0.4},
            {"image_id": 8, "category_id": 3, "bbox": [10, 20, 30, 40], "score": 0.75},
            {"image_id": 8, "category_id": 3, "bbox": [0, 0, 5, 5], "score": 0.9},
            {"image_id": 9, "category_id": 4, "bbox": [1, 2, 3, 4]},
        ],
        "categories": [{"id": 3, "name": "cat"}],
    }
    found = Detections.read(written(tmp_path / "a.json", data))
    assert [item.score for item in found.of(12, None)] == [0.9, 0.75]
    assert found.of(12, None)[1] == CAT
    assert found.of(0, "b/00012.jpg") == found.of(12, None)
    assert found.of(13, None) == (Detection(box=(1.0, 2.0, 4.0, 6.0), name="", score=1.0),)
    assert found.of(14, None) == ()


def test_results_of_coco_are_of_frames(tmp_path: Path) -> None:
    data = [{"image_id": 7, "category_id": 1, "bbox": [10, 20, 30, 40], "score": 0.75}]
    found = Detections.read(written(tmp_path / "a.json", data))
    assert [item.box for item in found.of(7, "a.png")] == [CAT.box]


@pytest.mark.parametrize("line", ["8,-1,11,21,30,40,0.75,-1,-1,-1", "8 1 11 21 30 40 0.75"])
def test_lines_of_mot_count_from_one(tmp_path: Path, line: str) -> None:
    found = Detections.read(written(tmp_path / "det.txt", f"{line}\n\n9,-1,1,1,2,2,0.1\n"))
    (only,) = found.of(7, None)
    assert (only.box, only.score) == (CAT.box, 0.75)
    assert found.of(8, None) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no box with a score of 0.5 or more"),
        ("1,-1,5,5,5,5,0.1", "has no box with a score of 0.5 or more"),
        ("1,-1,5,5", r"cannot be read \(line 1 is not 'frame,id,left,top,width,height,score'\)"),
        ("frame,id", "cannot be read"),
        ("1,-1,5,5,0,5,1", r"cannot be read \(box 4,4,0,5 is empty\)"),
        ("1,-1,nan,5,5,5,1", "cannot be read"),
        ("{", "cannot be read"),
        ('{"annotations": []}', "cannot be read .no 'images'"),
        ('[{"image_id": 1}]', "cannot be read .no 'bbox'"),
        ('[{"image_id": 1, "bbox": 5}]', "cannot be read"),
    ],
)
def test_what_is_no_file_of_boxes(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(PromptError, match=message):
        Detections.read(written(tmp_path / "a", text))
