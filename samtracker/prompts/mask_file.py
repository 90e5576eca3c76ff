"""A file that shows the objects of a frame, of any kind that is read."""

from __future__ import annotations

from pathlib import Path

from samtracker.errors import PromptError
from samtracker.prompts.annotation_files import is_annotation_file, read_annotations
from samtracker.prompts.first_objects import FirstObjects
from samtracker.prompts.mask_formats import read_picture
from samtracker.types import Size


def read_mask(path: Path, size: Size, *, kind: str = "auto", frame: str = "") -> FirstObjects:
    """Read objects from a picture, or from a file of labelme, COCO or YOLO.

    Args:
        path: Picture, see `mask_formats`, or file, see `annotation_files`.
        size: (H, W) of the frame.
        kind: How a picture is read, one of `samtracker.config.MASK_KINDS`.
        frame: Name of the frame's file, for files that annotate several images.

    Raises:
        PromptError: The file cannot be read, or shows no object that fits the frame.
    """
    try:
        annotated = is_annotation_file(path)
    except OSError as error:
        raise PromptError(f"mask '{path}' cannot be read ({error.strerror})") from error
    if not annotated:
        return read_picture(path, size, kind=kind)
    if kind != "auto":
        raise PromptError(f"mask_kind='{kind}' is for pictures, not for '{path}': leave it out")
    return read_annotations(path, size, frame=frame)
