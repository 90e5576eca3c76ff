"""Objects from a JSON file in COCO's layout, https://cocodataset.org/#format-data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

from samtracker.errors import PromptError
from samtracker.masks.polygons import fill, polygon
from samtracker.masks.run_lengths import decode
from samtracker.prompts.first_objects import check_aspect, resize
from samtracker.types import Mask, Size


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
    """Return the mask of run lengths."""
    rows, columns = (int(side) for side in encoded["size"])
    check_aspect((rows, columns), size, name)
    return decode(encoded)
