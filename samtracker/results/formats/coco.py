"""COCO's JSON, https://cocodataset.org/#format-data, with a video and tracks as TAO has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from samtracker._version import __version__
from samtracker.masks.outlines import TOLERANCE
from samtracker.masks.polygons import check_pixels
from samtracker.masks.segmentation import from_segmentation
from samtracker.results.formats.categories import Categories, name_of
from samtracker.results.formats.frame_name import FrameLike, FrameName, picture_of
from samtracker.results.formats.read_frame import OverlapIds, ReadFrames, ReadObject, to_result
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


def read_coco(path: Path) -> ReadFrames:
    """Yield the frames of a file: the images of its only video, in their order.

    Objects without "track_id" or "instance_id" get ids by their overlap from frame to frame.

    Raises:
        ValueError: The file is damaged, as with other errors of `samtracker.files.DAMAGE`.
        OSError: It cannot be read.
    """
    data = json.loads(path.read_text("utf-8-sig"))
    names = {item["id"]: str(item["name"]) for item in data.get("categories") or ()}
    annotations: dict[Any, list[dict[str, Any]]] = {}
    for annotation in data["annotations"]:
        annotations.setdefault(annotation["image_id"], []).append(annotation)
    images = data["images"]
    if len({image.get("video_id") for image in images}) > 1:
        raise ValueError("it has several videos: leave the images of one in it")
    overlap = OverlapIds()
    for count, image in enumerate(sorted(images, key=_place)):
        size = int(image["height"]), int(image["width"])
        check_pixels(size)
        frame = FrameName(
            index=int(image.get("frame_id", count)),
            time=image.get("time"),
            source=image["file_name"],
            stem=Path(image["file_name"]).stem,
        )
        mine = annotations.get(image["id"], [])
        masks = [from_segmentation(item["segmentation"], size) for item in mine]
        kinds = [names.get(item.get("category_id"), "") for item in mine]
        ids: list[Any] = [item.get("track_id", item.get("instance_id")) for item in mine]
        if None in ids:
            ids = [*overlap.add(list(zip(kinds, masks, strict=True)))]
        objects = [
            ReadObject(int(number), mask, name_of(kind), float(item.get("score", 1)))
            for item, mask, kind, number in zip(mine, masks, kinds, ids, strict=True)
        ]
        yield frame, to_result(frame, size, objects)


def _place(image: dict[str, Any]) -> Any:
    """Return what images are sorted by; those without a number keep their order."""
    return int(image.get("frame_id", 0))
