"""Files of labelme, https://github.com/wkentaro/labelme: a picture and its outlines each."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from samtracker.files import replacing, writing
from samtracker.masks.outlines import Piece, to_polygons
from samtracker.results.formats.categories import category_of
from samtracker.results.formats.frame_name import stem_of
from samtracker.types import FrameResult, Mask, TrackedObject, mask_box
from samtracker.video.read import VideoFrame

_VERSION: Final = "5.5.0"  # of labelme's files; the first with masks was 5.2
_QUALITY: Final = 95


class LabelmeWriter:
    """A folder with a JSON file a frame, and the frame's picture, which labelme shows under it.

    The shapes of one object have its id as "group_id" and its name as label: a polygon for every
    piece of its mask; or one mask, where there are holes, which labelme's polygons cannot have.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, frame: VideoFrame, result: FrameResult) -> None:
        """See `Writer`."""
        stem = stem_of(frame)
        height, width = result.size
        data: dict[str, Any] = {
            "version": _VERSION,
            "flags": {},
            "shapes": [shape for item in result.objects for shape in _shapes(item)],
            "imagePath": f"{stem}.jpg",
            "imageData": None,
            "imageHeight": height,
            "imageWidth": width,
        }
        with replacing(self._folder / f"{stem}.json") as partial:
            partial.write_text(json.dumps(data, indent=1) + "\n", "utf-8", newline="\n")
        with replacing(self._folder / f"{stem}.jpg") as partial:
            Image.fromarray(frame.image).save(partial, format="JPEG", quality=_QUALITY)

    def close(self) -> None:
        """Do nothing: each file is complete."""


def _shapes(item: TrackedObject) -> list[dict[str, Any]]:
    pieces = to_polygons(item.mask)
    if any(len(piece) > 1 for piece in pieces):
        return [_shape(item, "mask", *_stamp(item.mask))]
    return [_shape(item, "polygon", _corners(piece), None) for piece in pieces]


def _shape(
    item: TrackedObject, kind: str, points: list[list[float]], mask: str | None
) -> dict[str, Any]:
    return {
        "label": category_of(item),
        "points": points,
        "group_id": item.id,
        "description": "",
        "shape_type": kind,
        "flags": {},
        "mask": mask,
    }


def _corners(piece: Piece) -> list[list[float]]:
    corners: list[list[float]] = piece[0].round(2).tolist()
    return corners


def _stamp(mask: Mask) -> tuple[list[list[float]], str]:
    """Return the first and the last pixel of a mask's box, and what is in it as a PNG."""
    box = mask_box(mask)
    assert box is not None, "it has holes"
    left, top, right, bottom = (int(side) for side in box)
    png = BytesIO()
    inner = mask[top:bottom, left:right].astype(np.uint8) * 255
    Image.fromarray(inner).convert("1").save(png, format="PNG")
    points = [[float(left), float(top)], [float(right - 1), float(bottom - 1)]]
    return points, base64.b64encode(png.getvalue()).decode("ascii")
