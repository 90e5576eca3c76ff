"""First masks as people have them: each writes a file and returns the id map that is right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco

from samtracker.palette import PALETTE

SIZE = (120, 160)
IdMap = NDArray[np.uint8]


def label_map(ids: range = range(1, 41), tiny: int = 37) -> IdMap:
    """Blocks with an id each, a grid of eight columns; `tiny` is 2x2 pixels."""
    drawn = np.zeros(SIZE, np.uint8)
    for place, number in enumerate(ids):
        row, column = divmod(place, 8)
        height, width = (2, 2) if number == tiny else (10, 13)
        top, left = 6 + 22 * row, 5 + 19 * column
        drawn[top : top + height, left : left + width] = number
    return drawn


def neighbors() -> IdMap:
    """Object 102 is a line one pixel wide between 101 and 103."""
    drawn = np.zeros(SIZE, np.uint8)
    drawn[20:90, 30:60], drawn[20:90, 60], drawn[20:90, 61:100] = 101, 102, 103
    return drawn


def gray(path: Path, ids: IdMap) -> IdMap:
    Image.fromarray(ids).save(path)
    return ids


def palette(path: Path, ids: IdMap) -> IdMap:
    image = Image.fromarray(ids)
    image.putpalette(PALETTE.tobytes())
    image.save(path)
    return ids


def colors(path: Path, ids: IdMap) -> IdMap:
    """A color of its own for each id, far from all in the DAVIS palette; ids as they appear."""
    numbers, first = np.unique(ids[ids > 0], return_index=True)
    order = numbers[np.argsort(first)]
    painted = np.zeros((*SIZE, 3), np.uint8)
    right = np.zeros(SIZE, np.uint8)
    for place, number in enumerate(order, 1):
        painted[ids == number] = (250 - 5 * place, 7 * place % 256, 90)
        right[ids == number] = place
    Image.fromarray(painted).save(path)
    return right


def voc(path: Path, *, mode: str = "P") -> IdMap:
    """Two objects with PASCAL VOC's border of 255 around them, as `P`, `L` or `RGB`."""
    ids = np.zeros(SIZE, np.uint8)
    ids[20:60, 20:70], ids[60:100, 60:120] = 1, 15
    bordered = np.zeros(SIZE, np.uint8)
    for number in (1, 15):
        rows, columns = np.nonzero(ids == number)
        box = np.s_[rows.min() - 2 : rows.max() + 3, columns.min() - 2 : columns.max() + 3]
        bordered[box] = np.where(bordered[box] == 0, 255, bordered[box])
    bordered[ids > 0] = ids[ids > 0]
    if mode == "P":
        palette(path, bordered)
    else:
        Image.fromarray(PALETTE[bordered] if mode == "RGB" else bordered).save(path)
    return ids


OUTLINE = [[30.0, 20.0], [90.0, 20.0], [90.0, 70.0], [60.0, 70.0], [60.0, 50.0], [30.0, 50.0]]
"""An L of whole pixels."""

SQUARE = [[100.0, 80.0], [130.0, 80.0], [130.0, 110.0], [100.0, 110.0]]


def outlined() -> IdMap:
    """The L is object 1, the square object 2."""
    ids = np.zeros(SIZE, np.uint8)
    ids[20:50, 30:90], ids[50:70, 60:90], ids[80:110, 100:130] = 1, 1, 2
    return ids


def shape(label: str, points: list[list[float]], kind: str = "polygon", **more: Any) -> Any:
    """A shape of labelme."""
    return {"label": label, "points": points, "group_id": None, "shape_type": kind, **more}


def labelme(path: Path, *shapes: Any, size: tuple[int, int] = SIZE) -> IdMap:
    """A file of labelme, by default with an L called cat and a square called dog."""
    drawn = list(shapes) or [shape("cat", OUTLINE), shape("dog", SQUARE)]
    head: dict[str, Any] = {
        "version": "5.5.0",
        "flags": {},
        "imagePath": "frame.png",
        "imageData": None,
    }
    content = {**head, "shapes": drawn, "imageHeight": size[0], "imageWidth": size[1]}
    path.write_text(json.dumps(content), "utf-8")
    return outlined()


def run_lengths(mask: NDArray[Any], *, compressed: bool) -> Any:
    """COCO's encoding of a mask."""
    encoded = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    if compressed:
        return {"size": encoded["size"], "counts": encoded["counts"].decode("ascii")}
    flat = mask.astype(bool).T.ravel()
    changes = np.flatnonzero(np.diff(flat)) + 1
    counts = np.diff([0, *([0] if flat[0] else []), *changes, flat.size]).tolist()
    return {"size": list(mask.shape), "counts": counts}


def coco_file(path: Path, *, segmentation: str = "polygon", images: tuple[str, ...] = ()) -> IdMap:
    """A file in COCO's layout: the L in the last of the images, the square in all.

    The segmentation is polygon, counts (run lengths) or string (compressed run lengths).
    """
    files = images or ("frame.png",)
    ids = outlined()
    annotations: list[Any] = []
    for image, _ in enumerate(files):
        last = image == len(files) - 1
        for category, outline in ((1, OUTLINE), (2, SQUARE)):
            if category == 1 and not last:
                continue
            encoded: Any = [np.ravel(outline).tolist()]
            if segmentation != "polygon":
                encoded = run_lengths(ids == category, compressed=segmentation == "string")
            item = {"image_id": image, "category_id": category, "segmentation": encoded}
            annotations.append({"id": len(annotations), "iscrowd": 0, **item})
    size = {"height": SIZE[0], "width": SIZE[1]}
    content = {
        "images": [{"id": i, "file_name": file, **size} for i, file in enumerate(files)],
        "annotations": annotations,
        "categories": [{"id": 1, "name": "cat"}, {"id": 2, "name": "dog"}],
    }
    path.write_text(json.dumps(content), "utf-8")
    return ids


def yolo(path: Path) -> IdMap:
    """A file of YOLO's segmentation: the L is of class 0, the square of class 16."""
    lines = []
    for kind, outline in ((0, OUTLINE), (16, SQUARE)):
        shares = np.array(outline) / (SIZE[1], SIZE[0])
        lines.append(" ".join([str(kind), *(f"{share:.6f}" for share in shares.ravel())]))
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return outlined()


FOREIGN = {
    "CVAT": ("a.xml", '<?xml version="1.0"?>\n<!-- c --><annotations><version>1.1</version>'),
    "PASCAL VOC": ("a.xml", "<annotation><folder>x</folder></annotation>"),
    "SVG": ("a.svg", '<svg xmlns="http://www.w3.org/2000/svg"/>'),
    "VIA": ("a.json", '{"a.png123": {"filename": "a.png", "size": 123, "regions": []}}'),
    "Label Studio": ("a.json", '[{"id": 1, "data": {}, "annotations": []}]'),
    "Supervisely": ("a.json", '{"size": {"height": 1, "width": 1}, "objects": []}'),
    "Datumaro": ("a.json", '{"info": {}, "categories": {}, "items": []}'),
    "COCO results": ("a.json", '[{"image_id": 1, "category_id": 1, "segmentation": {}}]'),
    "JSON": ("a.json", "{}"),
}
"""Files of other programs: their name and the beginning or whole of what is in them."""
