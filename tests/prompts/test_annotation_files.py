"""Files of annotation programs; every expectation is what the outlines in them cover."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samtracker.errors import PromptError
from samtracker.prompts.mask_file import read_mask
from tests.corpus import masks as corpus
from tests.corpus.masks import SIZE, SQUARE, shape


def objects(path: Path, frame: str = "") -> tuple[Any, dict[int, str]]:
    found = read_mask(path, SIZE, frame=frame)
    return found.ids, found.names


def test_labelme(tmp_path: Path) -> None:
    right = corpus.labelme(tmp_path / "a.json")
    ids, names = objects(tmp_path / "a.json")
    np.testing.assert_array_equal(ids, right)
    assert names == {1: "cat", 2: "dog"}


def test_labelme_of_a_larger_picture(tmp_path: Path) -> None:
    double = [[2 * x, 2 * y] for x, y in SQUARE]
    corpus.labelme(tmp_path / "a.json", shape("dog", double), size=(240, 320))
    np.testing.assert_array_equal(objects(tmp_path / "a.json")[0], corpus.outlined() == 2)
    corpus.labelme(tmp_path / "a.json", size=(240, 240))
    with pytest.raises(PromptError, match="240x240 pixels but the frame is 160x120"):
        objects(tmp_path / "a.json")


def test_labelme_shapes_of_every_type(tmp_path: Path) -> None:
    png = BytesIO()
    Image.fromarray(np.array([[255, 0, 255]], np.uint8)).save(png, "PNG")
    stamp = base64.b64encode(png.getvalue()).decode("ascii")
    corpus.labelme(
        tmp_path / "a.json",
        shape("box", [[50.0, 60.0], [40.0, 50.0]], "rectangle"),
        shape("disk", [[100.0, 30.0], [110.0, 30.0]], "circle"),
        shape("dots", [[2.0, 100.0], [4.0, 100.0]], "mask", mask=stamp),
        shape("nose", [[5.0, 5.0]], "point"),
        shape("two", [[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]], group_id=7),
        shape("two", [[4.0, 0.0], [6.0, 0.0], [6.0, 2.0], [4.0, 2.0]], group_id=7),
    )
    ids, names = objects(tmp_path / "a.json")
    assert names == {1: "box", 2: "disk", 3: "dots", 5: "two"}
    box = np.zeros(SIZE, bool)
    box[50:60, 40:50] = True
    np.testing.assert_array_equal(ids == 1, box)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]] + 0.5
    np.testing.assert_array_equal(ids == 2, np.hypot(x - 100, y - 30) < 10)
    assert np.argwhere(ids == 3).tolist() == [[100, 2], [100, 4]]
    assert np.argwhere(ids == 5).tolist() == [[r, c] for r in (0, 1) for c in (0, 1, 4, 5)]


def test_what_has_no_area_is_left_out_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    outside = [[200.0, 0.0], [220.0, 0.0], [220.0, 20.0]]
    dot = shape("nose", [[5.0, 5.0]], "point")
    corpus.labelme(tmp_path / "a.json", dot, shape("dog", SQUARE), shape("far", outside))
    assert objects(tmp_path / "a.json")[1] == {2: "dog"}
    assert "left out 2 of 3 objects" in caplog.text
    assert "nose, far" in caplog.text
    corpus.labelme(tmp_path / "a.json", dot)
    with pytest.raises(PromptError, match="no object with an area"):
        objects(tmp_path / "a.json")


@pytest.mark.parametrize("segmentation", ["polygon", "counts", "string"])
def test_coco(tmp_path: Path, segmentation: str) -> None:
    right = corpus.coco_file(tmp_path / "a.json", segmentation=segmentation)
    ids, names = objects(tmp_path / "a.json")
    np.testing.assert_array_equal(ids, right)
    assert names == {1: "cat", 2: "dog"}


def test_coco_run_lengths_are_those_of_pycocotools(tmp_path: Path) -> None:
    ragged = np.random.default_rng(0).random(SIZE) < 0.3  # runs of every length, the first too
    ragged[0, 0] = True
    corpus.coco_file(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    for compressed in (True, False):
        encoded = corpus.run_lengths(ragged, compressed=compressed)
        content["annotations"] = [{**content["annotations"][0], "segmentation": encoded}]
        (tmp_path / "a.json").write_text(json.dumps(content))
        np.testing.assert_array_equal(objects(tmp_path / "a.json")[0], ragged)


def test_coco_of_several_images_takes_that_of_the_frame(tmp_path: Path) -> None:
    files = ("clip/0001.png", "clip/0002.png", "clip\\0003.png")
    right = corpus.coco_file(tmp_path / "a.json", images=files)
    ids, names = objects(tmp_path / "a.json", "frames/0003.jpg")
    np.testing.assert_array_equal(ids, right)
    ids, names = objects(tmp_path / "a.json", "0002.png")
    assert names == {1: "dog"}
    with pytest.raises(PromptError, match=r"3 images and not one .* the frame, 'movie.mp4'"):
        objects(tmp_path / "a.json", "movie.mp4")


def test_yolo(tmp_path: Path) -> None:
    right = corpus.yolo(tmp_path / "a.txt")
    ids, names = objects(tmp_path / "a.txt")
    np.testing.assert_array_equal(ids, right)
    assert names == {1: "class 0", 2: "class 16"}


@pytest.mark.parametrize("program", corpus.FOREIGN)
def test_files_of_other_programs_are_named(tmp_path: Path, program: str) -> None:
    name, content = corpus.FOREIGN[program]
    (tmp_path / name).write_text(content)
    with pytest.raises(PromptError, match=f"is a {program} file, .* export it as masks"):
        objects(tmp_path / name)


def test_boxes_alone_are_no_outlines(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("0 0.5 0.5 0.2 0.2\n")
    corpus.coco_file(tmp_path / "a.json")
    content = json.loads((tmp_path / "a.json").read_text())
    for item in content["annotations"]:
        item["segmentation"] = []
    (tmp_path / "a.json").write_text(json.dumps(content))
    for name in ("a.txt", "a.json"):
        with pytest.raises(PromptError, match=r"boxes but no outlines: give them with boxes="):
            objects(tmp_path / name)


def changed(**changes: Any) -> str:
    """A COCO file of one image whose first annotation is changed."""
    item = {"image_id": 1, "category_id": 1, "segmentation": [[0, 0, 9, 0, 9, 9]], **changes}
    image = {"id": 1, "file_name": "a.png", "height": 120, "width": 160}
    return json.dumps({"images": [image], "annotations": [item], "categories": []})


BROKEN = {
    "cut off": ("a.json", '{"shapes": [{"label"'),
    "deep": ("a.json", "[" * 100_000),
    "no UTF-8": ("a.json", '{"shapes": "\udcff"}'),
    "no points": ("a.json", '{"shapes": [{"label": "a"}]}'),
    "two corners": ("a.json", '{"shapes": [{"label": "a", "points": [[1, 2], [3, 4]]}]}'),
    "no numbers": ("a.json", '{"shapes": [{"label": "a", "points": [["x", 2], [3, 4], [5, 6]]}]}'),
    "shapes of text": ("a.json", '{"shapes": ["a"]}'),
    "a mask of text": (
        "a.json",
        '{"shapes": [{"label": "a", "points": [[0, 0], [1, 1]], "mask": "x", '
        '"shape_type": "mask"}]}',
    ),
    "not a number": ("a.json", changed(segmentation=[[0, 0, 9, 0, float("nan"), 9]])),
    "very far": ("a.json", changed(segmentation=[[0, 0, 1e300, 0, 9, 9]])),
    "odd": ("a.json", changed(segmentation=[[0, 0, 9, 0, 9, 9, 1]])),
    "short runs": ("a.json", changed(segmentation={"size": [120, 160], "counts": [5]})),
    "negative runs": (
        "a.json",
        changed(segmentation={"size": [120, 160], "counts": [-1, 120 * 160 + 1]}),
    ),
    "huge": ("a.json", changed(segmentation={"size": [12 * 10**5, 16 * 10**5], "counts": "0"})),
    "endless": ("a.json", changed(segmentation={"size": [120, 160], "counts": "o" * 10**5})),
    "cut string": ("a.json", changed(segmentation={"size": [120, 160], "counts": "o"})),
    "no class": ("a.txt", "cat 0.1 0.1 0.5 0.1 0.5 0.5\n"),
    "pixels": ("a.txt", "0 10 10 50 10 50 50\n"),
    "binary": ("a.txt", "\udcff\udcfe\0"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_files_are_named(tmp_path: Path, kind: str) -> None:
    name, content = BROKEN[kind]
    (tmp_path / name).write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(PromptError, match=f"{name}' is damaged .*: export it again") as caught:
        objects(tmp_path / name)
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_kind_is_for_pictures(tmp_path: Path) -> None:
    corpus.yolo(tmp_path / "a.txt")
    with pytest.raises(PromptError, match=r"mask_kind='ids' is for pictures"):
        read_mask(tmp_path / "a.txt", SIZE, kind="ids")
