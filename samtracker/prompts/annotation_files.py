"""Files of programs for annotating pictures: which are read, which are known but are not."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from samtracker.errors import PromptError
from samtracker.files import DAMAGE
from samtracker.prompts.coco import coco_objects
from samtracker.prompts.first_objects import FirstObjects
from samtracker.prompts.labelme import labelme_objects
from samtracker.prompts.yolo import yolo_objects
from samtracker.types import Mask, Size

_LOG = logging.getLogger(__name__)

_LARGEST_FILE = 2**30  # bytes; COCO's own are half as large
_MOST_IDS = 65535
_XML: Final = {"annotations": "CVAT", "annotation": "PASCAL VOC", "svg": "SVG"}
"""What an XML file is, by its first tag."""
_JSON: Final = {
    ("_via_img_metadata",): "VIA",
    ("project", "vid_list"): "VIA 3",
    ("regions", "filename"): "VIA",
    ("data", "annotations"): "Label Studio",
    ("objects", "size"): "Supervisely",
    ("items", "categories"): "Datumaro",
    ("data_row",): "Labelbox",
    ("image_id", "segmentation"): "COCO results",
    ("type", "features"): "GeoJSON",
}
"""What a JSON file is that is not read, by keys of it, of its first item or first value."""


def is_annotation_file(path: Path) -> bool:
    """Return whether a file is text that annotates a picture, rather than a picture.

    Raises:
        OSError: It cannot be read.
    """
    if not path.is_file():
        return False
    with path.open("rb") as file:
        begin = file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip()
    return path.suffix.lower() == ".txt" or begin[:1] in (b"{", b"[", b"<")


def read_annotations(path: Path, size: Size, *, frame: str) -> FirstObjects:
    """Read objects from a file of labelme, in COCO's layout, or of YOLO's segmentation.

    They have the ids 1, 2, ... in the order of the file; where they overlap, the later one is in
    front. What has no pixel in the frame is left out, and a warning says so.

    Args:
        path: File to read.
        size: (H, W) of the frame.
        frame: Name of the frame's file, for files that annotate several images.

    Raises:
        PromptError: The file is of another program, damaged, or has no object in the frame.
    """
    name = f"mask '{path}'"
    if path.stat().st_size > _LARGEST_FILE:
        raise PromptError(f"{name} has more than {_LARGEST_FILE >> 30} GiB: leave less in it")
    try:
        text = path.read_text("utf-8-sig")
        return _collected(_objects(text, path, size, name, frame), size, name)
    except (OSError, *DAMAGE) as error:
        reason = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise PromptError(f"{name} is damaged ({reason[:100]}): export it again") from error


def _objects(
    text: str, path: Path, size: Size, name: str, frame: str
) -> Iterator[tuple[str, Mask]]:
    """Yield the names and masks of the objects in a file of any program."""
    if path.suffix.lower() == ".txt":
        return yolo_objects(text, size, name=name)
    if text.lstrip().startswith("<"):
        tag = re.search(r"<(\w+)", re.sub(r"(?s)<!--.*?-->|<[?!][^>]*>", "", text))
        raise _unsupported(name, _XML.get(tag[1] if tag else "", "XML"))
    data: Any = json.loads(text)
    if isinstance(data, dict) and isinstance(data.get("shapes"), list):
        return labelme_objects(data, size, name=name)
    if isinstance(data, dict) and {"images", "annotations"} <= data.keys():
        return coco_objects(data, size, name=name, frame=frame)
    raise _unsupported(name, _program(data))


def _collected(objects: Iterator[tuple[str, Mask]], size: Size, name: str) -> FirstObjects:
    """Lay masks on one another."""
    ids = np.zeros(size, np.uint16)
    names = {}
    for number, (label, mask) in enumerate(objects, 1):
        if number > _MOST_IDS:
            raise PromptError(f"{name} has more than {_MOST_IDS} objects: leave fewer in it")
        ids[mask] = number
        names[number] = label
    shown = set(np.unique(ids).tolist())
    hidden = [label or str(number) for number, label in names.items() if number not in shown]
    if len(hidden) == len(names):
        raise PromptError(f"{name} has no object with an area in the frame: outline one")
    if hidden:
        more = " ..." if len(hidden) > 3 else ""
        _LOG.warning(
            "%s: left out %d of %d objects, which have no area in the frame or are covered: %s%s",
            *(name, len(hidden), len(names), ", ".join(hidden[:3]), more),
        )
    kept = {number: label for number, label in names.items() if label and number in shown}
    return FirstObjects(ids=ids, names=kept)


def _program(data: Any) -> str:
    """Name what wrote a JSON file, as far as it is known."""
    first = data[0] if isinstance(data, list) and data else data
    values = [first, *list(first.values())[:1]] if isinstance(first, dict) else []
    for value in values:
        for keys, program in _JSON.items():
            if isinstance(value, dict) and set(keys) <= value.keys():
                return program
    return "JSON"


def _unsupported(name: str, program: str) -> PromptError:
    return PromptError(
        f"{name} is a {program} file, which is not read: export it as masks (PNG), COCO, "
        "labelme or YOLO segmentation"
    )
