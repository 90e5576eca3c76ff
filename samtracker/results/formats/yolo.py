"""Labels for YOLO's segmentation, https://docs.ultralytics.com/datasets/segment."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import yaml

from samtracker.files import replacing, writing
from samtracker.masks.outlines import joined, to_polygons
from samtracker.prompts.yolo import yolo_objects
from samtracker.results.formats.categories import Categories, name_of
from samtracker.results.formats.frame_name import FrameLike, FrameName, numbers_of, stem_of
from samtracker.results.formats.read_frame import OverlapIds, ReadFrames, ReadObject, to_result
from samtracker.results.names import YOLO_BEGIN, YOLO_CLASSES, YOLO_LABELS
from samtracker.types import FrameResult, Size
from samtracker.video.stills import natural_order


class YoloWriter:
    """A folder with `data.yaml`, which names the classes, and `labels`, with a text file a frame.

    A line is an object: its class, then x and y of corners as shares of width and height. Pieces
    of a mask and holes are joined by bridges. Ids are lost, for these files have none.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._categories = Categories(0)
        with writing(folder):
            (folder / YOLO_LABELS).mkdir(parents=True, exist_ok=True)
        self._write_classes()

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        known = len(self._categories.names)
        scale = np.array(result.size[::-1], np.float64)
        lines = []
        for item in result.objects:
            rings = [ring for piece in to_polygons(item.mask) for ring in piece]
            if rings:
                corners = (joined(rings) / scale).ravel()
                shares = " ".join(f"{share:.6f}" for share in corners)
                lines.append(f"{self._categories.number_of(item)} {shares}\n")
        if len(self._categories.names) > known:
            self._write_classes()
        with replacing(self._folder / YOLO_LABELS / f"{stem_of(frame)}.txt") as partial:
            partial.write_text("".join(lines), "ascii", newline="\n")

    def close(self) -> None:
        """Do nothing: each file is complete."""

    def _write_classes(self) -> None:
        names = self._categories.names
        lines = [
            *("path: .", "train: images", "val: images"),
            "names:" if names else "names: {}",
            # JSON's text is YAML's too.
            *(f"  {number}: {json.dumps(name)}" for number, name in names.items()),
        ]
        with replacing(self._folder / YOLO_CLASSES) as partial:
            partial.write_bytes(YOLO_BEGIN + "\n".join([*lines, ""]).encode())


def read_yolo(folder: Path, size: Size) -> ReadFrames:
    """Yield the frames of a folder as `YoloWriter` writes it, or of its `labels` alone.

    Objects get ids by their overlap from frame to frame.

    Args:
        folder: The folder.
        size: (H, W) of the frames, which these files do not tell.

    Raises:
        ValueError: A file is damaged, as with other errors of `samtracker.files.DAMAGE`.
        OSError: It cannot be read.
    """
    labels = folder / YOLO_LABELS if (folder / YOLO_LABELS).is_dir() else folder
    names = _read_classes(folder / YOLO_CLASSES)
    overlap = OverlapIds()
    files = sorted(labels.glob("*.txt"), key=lambda path: natural_order(path.name))
    for path, index in zip(files, numbers_of(files), strict=True):
        text = path.read_text("ascii")
        found = list(yolo_objects(text, size, name=f"'{path}'"))
        ids = overlap.add(found)
        objects = [
            ReadObject(number, mask, names.get(kind, kind))
            for number, (kind, mask) in zip(ids, found, strict=True)
        ]
        frame = FrameName(index=index, stem=path.stem)
        yield frame, to_result(frame, size, objects)


def _read_classes(path: Path) -> dict[str, str]:
    """Return the names of objects by what `yolo_objects` calls their class."""
    if not path.is_file():
        return {}
    names = yaml.safe_load(path.read_text("utf-8"))["names"]
    numbered = enumerate(names) if isinstance(names, list) else names.items()
    return {f"class {number}": name_of(str(name)) for number, name in numbered}
