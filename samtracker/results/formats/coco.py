"""COCO's JSON, https://cocodataset.org/#format-data, with a video and tracks as TAO has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtracker._version import __version__
from samtracker.masks.outlines import TOLERANCE
from samtracker.results.formats.categories import Categories
from samtracker.results.formats.frame_name import FrameLike, picture_of
from samtracker.results.formats.spool import Spool
from samtracker.types import FrameResult


class CocoWriter:
    """One JSON file, with every object in every frame as an annotation.

    An image is a frame, its id the frame's number in the source; the frames are of one video.
    "track_id" is the object's id, its category the object's name, "object" without one.

    Args:
        path: The file.
        video: What the video is called.
        polygons: Whether the masks are polygons, within a pixel, rather than exact run lengths.
    """

    def __init__(self, path: Path, *, video: str, polygons: bool) -> None:
        self._spool = Spool(path)
        self._video = video
        self._tolerance = TOLERANCE if polygons else None
        self._categories = Categories(1)
        self._count = 0

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        height, width = result.size
        image = {
            "id": frame.index,
            "file_name": picture_of(frame),
            "width": width,
            "height": height,
            "video_id": 1,
            "frame_id": frame.index,
            "time": frame.time,
        }
        self._spool.add("images", f"{json.dumps(image)},\n")
        for annotation in result.to_coco(tolerance=self._tolerance):
            self._count += 1
            item = result[annotation["track_id"]]
            annotation |= {
                "id": self._count,
                "image_id": frame.index,
                "video_id": 1,
                "category_id": self._categories.number_of(item),
            }
            self._spool.add("annotations", f"{json.dumps(annotation)},\n")

    def close(self) -> None:
        """See `Writer`."""
        self._spool.finish(self._text())

    def _text(self) -> Iterator[str]:
        about = {"description": f"masks by samtracker {__version__}"}
        categories = [{"id": n, "name": name} for n, name in self._categories.names.items()]
        begin: dict[str, Any] = {
            "info": about,
            "videos": [{"id": 1, "name": self._video}],
            "categories": categories,
        }
        yield json.dumps(begin)[:-1]
        for part in ("images", "annotations"):
            yield f', "{part}": [\n'
            yield from _without_last_comma(self._spool.read(part))
            yield "]"
        yield "}\n"


def _without_last_comma(pieces: Iterator[str]) -> Iterator[str]:
    last = ""
    for piece in pieces:
        yield last
        last = piece
    yield last.removesuffix(",\n") + "\n"
