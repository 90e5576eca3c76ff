"""Reading CVAT for video 1.1."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree

import numpy as np

from samtracker.masks.polygons import check_pixels, fill, polygon
from samtracker.masks.run_lengths import from_runs
from samtracker.results.formats.categories import name_of
from samtracker.results.formats.frame_name import FrameName
from samtracker.results.formats.read_frame import ReadFrames, ReadObject, to_result
from samtracker.types import Mask, Size

_LOG = logging.getLogger(__name__)

_SHAPES: Final = ("polygon", "mask", "box")

Shape = tuple[str, dict[str, str]]
"""An element's tag and its attributes."""


def read_cvat(path: Path) -> ReadFrames:
    """Yield the frames of a file, from its first with an object to its last.

    The tracks of one "group_id" are one object, whose id that is; other tracks get free ids.

    Raises:
        ValueError: The file is damaged, as with other errors of `samtracker.files.DAMAGE`.
        OSError: It cannot be read.
    """
    size: list[int] = []
    tracks: list[tuple[dict[str, str], list[Shape]]] = []
    left_out = 0
    for track, shapes in _tracks(path, size):
        tracks.append((track, [shape for shape in shapes if shape[0] in _SHAPES]))
        left_out += len(shapes) - len(tracks[-1][1])
    if left_out:
        _LOG.warning("'%s': left out %d shapes that are no polygon, mask or box", path, left_out)
    if len(size) != 2:
        raise ValueError("it has no original_size")
    check_pixels((size[0], size[1]))
    yield from _frames(tracks, (size[0], size[1]))


def _tracks(path: Path, size: list[int]) -> Iterator[tuple[dict[str, str], list[Shape]]]:
    """Yield tracks and their shapes, one element after the other; fill in height and width."""
    try:
        for _, element in ElementTree.iterparse(path):
            if element.tag == "image":
                raise ValueError("it is CVAT for images: export it as CVAT for video 1.1")
            if element.tag == "original_size":
                size += [int(element.findtext(side) or 0) for side in ("height", "width")]
            if element.tag == "track":
                yield dict(element.attrib), [(shape.tag, dict(shape.attrib)) for shape in element]
                element.clear()
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error


def _frames(tracks: list[tuple[dict[str, str], list[Shape]]], size: Size) -> ReadFrames:
    frames: dict[int, dict[int, list[Shape]]] = {}
    names: dict[int, str] = {}
    free = max([0, *(int(track.get("group_id", 0)) for track, _ in tracks)])
    for track, shapes in tracks:
        group = int(track.get("group_id", 0))
        free += not group
        number = group or free
        names[number] = name_of(track["label"])
        for shape in shapes:
            objects = frames.setdefault(int(shape[1]["frame"]), {})
            if shape[1].get("outside") != "1":
                objects.setdefault(number, []).append(shape)
    # Masks end in the frame behind their own, which may be behind the last one.
    shown = [index for index, objects in frames.items() if objects]
    for index in sorted(frames):
        if index > max(shown, default=-1):
            break
        frame = FrameName(index=index)
        found = [
            ReadObject(
                number, np.logical_or.reduce([_area(s, size) for s in shapes]), names[number]
            )
            for number, shapes in sorted(frames[index].items())
        ]
        yield frame, to_result(frame, size, found)


def _area(shape: Shape, size: Size) -> Mask:
    kind, values = shape
    if kind == "mask":
        return _mask(values, size)
    if kind == "box":
        x1, y1, x2, y2 = (float(values[side]) for side in ("xtl", "ytl", "xbr", "ybr"))
        return fill([polygon([x1, y1, x2, y1, x2, y2, x1, y2])], size)
    pairs = (pair.split(",") for pair in values["points"].split(";"))
    return fill([polygon([[float(x), float(y)] for x, y in pairs])], size)


def _mask(values: dict[str, Any], size: Size) -> Mask:
    """Return the mask of run lengths by rows in a box, background first."""
    left, top, width, height = (int(values[name]) for name in ("left", "top", "width", "height"))
    runs = np.array(values["rle"].split(","), np.int64)
    inside = left >= 0 <= top and left + width <= size[1] and top + height <= size[0]
    if not inside or (runs < 0).any() or sum(runs.tolist()) != width * height:
        raise ValueError(f"the run lengths of a mask in frame {values['frame']} do not fit its box")
    mask = np.zeros(size, bool)
    mask[top : top + height, left : left + width] = from_runs(runs).reshape(height, width)
    return mask
