"""Objects from a JSON file in COCO's layout, https://cocodataset.org/#format-data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from samtracker.errors import PromptError
from samtracker.prompts.first_objects import check_aspect, resize
from samtracker.prompts.polygons import MOST_PIXELS, fill, polygon
from samtracker.types import Mask, Size

_LONGEST_NUMBER = 12  # characters of five bits in compressed run lengths


def coco_objects(
    data: dict[str, Any], size: Size, *, name: str, frame: str
) -> Iterator[tuple[str, Mask]]:
    """Yield the category and mask of every annotation of an image: polygons or run lengths.

    Args:
        data: What is in the file.
        size: (H, W) of the frame.
        name: What the file is called in messages.
        frame: File of the frame, to choose among several images.

    Raises:
        PromptError: There are several images and none is called like the frame; or the image has
            another aspect ratio than the frame, or boxes only.
        LookupError: The file is damaged, as it is with TypeError or ValueError.
    """
    image = _image(data["images"], name, frame)
    own = (int(image.get("height") or size[0]), int(image.get("width") or size[1]))
    check_aspect(own, size, name)
    scale = (size[1] / own[1], size[0] / own[0])
    names = {item["id"]: str(item["name"]) for item in data.get("categories") or ()}
    mine = [item for item in data["annotations"] if item["image_id"] == image["id"]]
    if mine and not any(item.get("segmentation") for item in mine):
        raise PromptError(f"{name} has boxes but no outlines: give them with boxes=...")
    for item in mine:
        outline = item.get("segmentation") or []
        if isinstance(outline, dict):
            mask = resize(_decoded(outline, name, size), size)
        else:
            mask = fill([polygon(corners, scale) for corners in outline], size)
        yield names.get(item.get("category_id"), ""), mask


def _image(images: list[dict[str, Any]], name: str, frame: str) -> dict[str, Any]:
    """Return the image that is the frame: the only one, or that of the same name."""
    if len(images) == 1:
        return images[0]
    files = [str(image["file_name"]).replace("\\", "/") for image in images]
    for part in ("name", "stem"):
        wanted = getattr(PurePosixPath(frame), part)
        found = [i for i, file in enumerate(files) if getattr(PurePosixPath(file), part) == wanted]
        if len(found) == 1:
            return images[found[0]]
    raise PromptError(
        f"{name} has {len(images)} images and not one that is called like the frame, '{frame}': "
        "leave only the frame's in it, or rename its file_name"
    )


def _decoded(encoded: dict[str, Any], name: str, size: Size) -> Mask:
    """Return the mask of run lengths, which go down the columns, background first."""
    rows, columns = (int(side) for side in encoded["size"])
    check_aspect((rows, columns), size, name)
    counts = encoded["counts"]
    runs = np.array(_numbers(counts) if isinstance(counts, str) else counts, np.int64)
    if not 0 < rows * columns <= MOST_PIXELS:
        raise ValueError(f"run lengths of {columns}x{rows} pixels are too large")
    if runs.ndim != 1 or (runs < 0).any() or sum(runs.tolist()) != rows * columns:
        raise ValueError(f"run lengths do not make up {columns}x{rows} pixels")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(columns, rows).T


def _numbers(text: str) -> list[int]:
    """Return the numbers of compressed run lengths, as `rleFrString` of COCO's `maskApi.c` does.

    Each is written in five bits a character, the lowest first, and from the fourth on as the
    difference to the last but one.
    """
    numbers: list[int] = []
    value = length = 0
    for character in text:
        bits = ord(character) - 48
        if not 0 <= bits < 64 or length > _LONGEST_NUMBER:
            raise ValueError("compressed run lengths are damaged")
        value |= (bits & 31) << 5 * length
        length += 1
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << 5 * length
        numbers.append(value + (numbers[-2] if len(numbers) > 2 else 0))
        value = length = 0
    if length:
        raise ValueError("compressed run lengths are cut off")
    return numbers
