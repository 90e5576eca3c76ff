"""Labels for YOLO's segmentation, https://docs.ultralytics.com/datasets/segment."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from samtracker.files import replacing, writing
from samtracker.masks.outlines import joined, to_polygons
from samtracker.results.formats.categories import Categories
from samtracker.results.formats.frame_name import FrameLike, stem_of
from samtracker.results.names import YOLO_BEGIN, YOLO_CLASSES, YOLO_LABELS
from samtracker.types import FrameResult


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
