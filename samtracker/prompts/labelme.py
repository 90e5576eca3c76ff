"""Objects from a JSON file of labelme, https://github.com/wkentaro/labelme."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

import numpy as np

from samtracker.masks.polygons import check_pixels, fill, polygon
from samtracker.prompts.first_objects import check_aspect, resize
from samtracker.prompts.mask_formats import open_picture
from samtracker.types import Mask, Size

_NO_AREA: Final = ("line", "linestrip", "point", "points")


def labelme_objects(data: dict[str, Any], size: Size, *, name: str) -> Iterator[tuple[str, Mask]]:
    """Yield the label and mask of every object: a shape, or those of one label and group.

    Points and lines have no area.

    Args:
        data: What is in the file.
        size: (H, W) of the frame.
        name: What the file is called in messages.

    Raises:
        PromptError: The picture has another aspect ratio than the frame.
        LookupError: The file is damaged, as it is with OSError, TypeError or ValueError.
    """
    own = (int(data.get("imageHeight") or size[0]), int(data.get("imageWidth") or size[1]))
    check_aspect(own, size, name)
    objects: dict[tuple[str, str, int], list[dict[str, Any]]] = {}
    for number, shape in enumerate(data["shapes"]):
        group = shape.get("group_id")
        alone = group is None
        key = (str(shape["label"]), str(group), number if alone else -1)
        objects.setdefault(key, []).append(shape)
    for (label, *_key), shapes in objects.items():
        yield label, np.logical_or.reduce([_area(shape, own, size) for shape in shapes])


def _area(shape: dict[str, Any], own: Size, size: Size) -> Mask:
    kind, points = shape.get("shape_type") or "polygon", shape["points"]
    scale = (size[1] / own[1], size[0] / own[0])
    if kind in _NO_AREA:
        return fill([], size)
    if kind == "mask":
        return resize(_stamp(shape, own), size)
    if kind == "rectangle":
        (x0, y0), (x1, y1) = points
        points = [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]
    elif kind == "circle":
        (x0, y0), (x1, y1) = points
        turn, radius = np.linspace(0, 2 * np.pi, 360, endpoint=False), np.hypot(x1 - x0, y1 - y0)
        points = np.stack([x0 + radius * np.cos(turn), y0 + radius * np.sin(turn)], axis=1)
    return fill([polygon(points, scale)], size)


def _stamp(shape: dict[str, Any], own: Size) -> Mask:
    """Return the mask that a shape has as a PNG, whose upper left pixel it names."""
    check_pixels(own)
    stamp = np.asarray(open_picture(BytesIO(base64.b64decode(shape["mask"]))).convert("L")) > 0
    (left, top), _ = np.array(shape["points"], np.float64).astype(int)
    mask = np.zeros(own, bool)
    rows, columns = (np.nonzero(stamp)[axis] + first for axis, first in enumerate((top, left)))
    inside = (rows >= 0) & (rows < own[0]) & (columns >= 0) & (columns < own[1])
    mask[rows[inside], columns[inside]] = True
    return mask
