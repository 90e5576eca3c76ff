"""Boxes that a detector found in the frames of a video, in a file of COCO or MOT."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final, Self

from samtracker.errors import PromptError
from samtracker.files import DAMAGE
from samtracker.types import Box

LEAST_SCORE: Final = 0.5
"""Score below which a box is left out."""


@dataclass(frozen=True, kw_only=True)
class Detection:
    """A box that a detector found.

    Attributes:
        box: X1, y1, x2, y2 in frame pixels.
        name: Its class; empty without.
        score: How sure the detector is; 1 where the file does not say.
    """

    box: Box
    name: str
    score: float


@dataclass(frozen=True, kw_only=True)
class Detections:
    """The boxes of all frames, the surest first.

    Attributes:
        by_index: Boxes by the frame's number in the source.
        by_picture: Boxes by the name of the picture, where the file has names.
    """

    by_index: dict[int, tuple[Detection, ...]]
    by_picture: dict[str, tuple[Detection, ...]]

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file: COCO's annotations or results as JSON, or lines of MOT.

        Frames of COCO are known by "frame_id", by the number in "file_name" or else by their
        order; those of MOT count from 1. Boxes with a score below `LEAST_SCORE` are left out.

        Raises:
            PromptError: It cannot be read, is damaged, or has no box left.
        """
        name = f"detections '{path}'"
        try:
            text = path.read_text("utf-8-sig")
            if text.lstrip()[:1] in ("{", "["):
                found = cls._of_coco(json.loads(text))
            else:
                found = cls(by_index=_sorted(_of_mot(text)), by_picture={})
        except (OSError, *DAMAGE) as error:
            reason = f"no {error}" if isinstance(error, KeyError) else str(error)
            reason = error.strerror or reason if isinstance(error, OSError) else reason
            raise PromptError(
                f"{name} cannot be read ({reason[:100]}): give boxes as COCO or MOT has them"
            ) from error
        if not found.by_index:
            raise PromptError(f"{name} has no box with a score of {LEAST_SCORE} or more")
        return found

    def of(self, index: int, source: str | None) -> tuple[Detection, ...]:
        """Return the boxes of a frame, see `samtracker.video.read.VideoFrame`."""
        if source is not None and self.by_picture:
            return self.by_picture.get(_name(source), ())
        return self.by_index.get(index, ())

    @classmethod
    def _of_coco(cls, data: Any) -> Self:
        """Read annotations with their images, or a list of results, whose images are frames."""
        results = data if isinstance(data, list) else data["annotations"]
        images = [] if isinstance(data, list) else data["images"]
        classes = {} if isinstance(data, list) else data.get("categories") or ()
        names = {item["id"]: str(item["name"]) for item in classes}
        indices = {image["id"]: _index(image, count) for count, image in enumerate(images)}
        pictures = {image["id"]: _name(str(image["file_name"])) for image in images}
        by_index: dict[int, list[Detection]] = {}
        by_picture: dict[str, list[Detection]] = {}
        for item in results:
            x, y, width, height = item["bbox"]
            found = _detection(
                (x, y, width, height),
                names.get(item.get("category_id"), ""),
                item.get("score", 1),
            )
            number = item["image_id"]
            by_index.setdefault(indices[number] if images else int(number), []).append(found)
            if images:
                by_picture.setdefault(pictures[number], []).append(found)
        return cls(by_index=_sorted(by_index), by_picture=_sorted(by_picture))


def _index(image: dict[str, Any], count: int) -> int:
    stem = PurePosixPath(str(image["file_name"])).stem
    return int(image.get("frame_id", stem if stem.isdecimal() else count))


def _name(file: str) -> str:
    return PurePosixPath(file.replace("\\", "/")).name


def _of_mot(text: str) -> dict[int, list[Detection]]:
    """Read `frame,id,left,top,width,height[,score,...]`, all of which count from 1."""
    frames: dict[int, list[Detection]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        parts = [float(part) for part in line.replace(",", " ").split()]
        if parts and len(parts) < 6:
            raise ValueError(f"line {number} is not 'frame,id,left,top,width,height,score'")
        if parts:
            frame, _, left, top, width, height = parts[:6]
            box = left - 1, top - 1, width, height
            score = parts[6] if len(parts) > 6 else 1
            frames.setdefault(int(frame) - 1, []).append(_detection(box, "", score))
    return frames


def _detection(place: tuple[Any, Any, Any, Any], name: str, score: Any) -> Detection:
    x, y, width, height = (float(side) for side in place)
    if not math.isfinite(x + y + width + height) or width <= 0 or height <= 0:
        raise ValueError(f"box {x:g},{y:g},{width:g},{height:g} is empty")
    return Detection(box=(x, y, x + width, y + height), name=name, score=float(score))


def _sorted(found: dict[Any, list[Detection]]) -> dict[Any, tuple[Detection, ...]]:
    """Return those that are sure enough, the surest first."""
    sure = {
        key: sorted((d for d in items if d.score >= LEAST_SCORE), key=lambda d: -d.score)
        for key, items in found.items()
    }
    return {key: tuple(items) for key, items in sure.items() if items}
