"""Objects from a text file of YOLO's segmentation, https://docs.ultralytics.com/datasets/segment."""

from __future__ import annotations

from collections.abc import Iterator

from samtracker.errors import PromptError
from samtracker.masks.polygons import fill, polygon
from samtracker.types import Mask, Size


def yolo_objects(text: str, size: Size, *, name: str) -> Iterator[tuple[str, Mask]]:
    """Yield the class and mask of every line: a number, then x and y of corners, 0 to 1.

    Args:
        text: What is in the file.
        size: (H, W) of the frame.
        name: What the file is called in messages.

    Raises:
        PromptError: It has boxes.
        ValueError: The file is damaged.
    """
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        kind, *corners = line.split()
        if not kind.isdecimal():
            raise ValueError(f"line {number} does not begin with the number of a class")
        if len(corners) == 4:
            raise PromptError(f"{name} has boxes but no outlines: give them with boxes=...")
        shares = [float(corner) for corner in corners]
        if not all(-1 <= share <= 2 for share in shares):
            raise ValueError(f"line {number} has corners that are no shares of the frame")
        yield f"class {kind}", fill([polygon(shares, (size[1], size[0]))], size)
