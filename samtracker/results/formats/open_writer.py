"""From the name of a format to what writes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from samtracker.results.formats.coco import CocoWriter
from samtracker.results.formats.cvat import CvatWriter
from samtracker.results.formats.mots import MotsWriter
from samtracker.results.formats.yolo import YoloWriter
from samtracker.results.writers import MaskWriter, NameWriter, RleWriter


def open_writer(form: str, path: Path, *, video: str) -> NameWriter:
    """Open a file or folder to write masks to.

    Args:
        form: One of `samtracker.config.CONVERTIBLE`.
        path: The file or folder.
        video: What the video is called, in formats that name it.

    Raises:
        OutputError: It cannot be written.
    """
    writers: dict[str, Callable[[], NameWriter]] = {
        "masks": lambda: MaskWriter(path),
        "rle": lambda: RleWriter(path),
        "coco": lambda: CocoWriter(path, video=video, polygons=False),
        "coco-polygons": lambda: CocoWriter(path, video=video, polygons=True),
        "yolo": lambda: YoloWriter(path),
        "mots": lambda: MotsWriter(path),
        "cvat": lambda: CvatWriter(path, video=video),
    }
    return writers[form]()
