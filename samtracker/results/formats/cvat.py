"""CVAT for video 1.1, https://docs.cvat.ai/docs/dataset_management/formats/format-cvat."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from samtracker.masks.outlines import to_polygons
from samtracker.masks.run_lengths import to_runs
from samtracker.results.formats.categories import category_of
from samtracker.results.formats.frame_name import FrameLike
from samtracker.results.formats.spool import Spool
from samtracker.types import FrameResult, Mask, TrackedObject, mask_box

_MASKS: Final = 0  # part of all masks; that of an object's polygons is its id


class CvatWriter:
    """One XML file with a track of polygons for every object.

    In frames in which an object has holes or several pieces, which a polygon of CVAT cannot have,
    it is a mask; CVAT has masks of single frames only, so that each is a track of its own. What
    belongs to one object has its id as "group_id". Labels are the objects' names.

    Args:
        path: The file.
        video: What the video is called.
    """

    def __init__(self, path: Path, *, video: str) -> None:
        self._spool = Spool(path)
        self._video = video
        self._labels: dict[str, None] = {}
        self._tracks: dict[int, str] = {}
        self._shown: dict[int, str] = {}
        self._count = 0
        self._last = 0
        self._size = (0, 0)

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        self._last, self._size = frame.index, result.size
        for item in result.objects:
            self._labels[category_of(item)] = None
            pieces = to_polygons(item.mask)
            if len(pieces) == 1 and len(pieces[0]) == 1:
                points = ";".join(f"{x:.2f},{y:.2f}" for x, y in pieces[0][0])
                if item.id not in self._tracks:
                    self._tracks[item.id] = self._track(item)
                self._shown[item.id] = points
                self._spool.add(item.id, _polygon(frame.index, points))
                continue
            if points := self._shown.pop(item.id, ""):
                self._spool.add(item.id, _polygon(frame.index, points, outside=True))
            if pieces:
                text = f"{self._track(item)}{_mask(frame.index, item.mask)}  </track>\n"
                self._spool.add(_MASKS, text)

    def close(self) -> None:
        """See `Writer`."""
        self._spool.finish(self._text())

    def _text(self) -> Iterator[str]:
        height, width = self._size
        labels = "".join(
            f"        <label><name>{escape(name)}</name><attributes></attributes></label>\n"
            for name in self._labels
        )
        yield (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            "<annotations>\n"
            "  <version>1.1</version>\n"
            "  <meta>\n"
            "    <task>\n"
            f"      <name>{escape(self._video)}</name>\n"
            f"      <size>{self._last + 1}</size>\n"
            "      <mode>interpolation</mode>\n"
            "      <start_frame>0</start_frame>\n"
            f"      <stop_frame>{self._last}</stop_frame>\n"
            f"      <labels>\n{labels}      </labels>\n"
            "      <original_size>\n"
            f"        <width>{width}</width>\n"
            f"        <height>{height}</height>\n"
            "      </original_size>\n"
            "    </task>\n"
            "  </meta>\n"
        )
        for object_id, begin in self._tracks.items():
            yield begin
            yield from self._spool.read(object_id)
            yield "  </track>\n"
        yield from self._spool.read(_MASKS)
        yield "</annotations>\n"

    def _track(self, item: TrackedObject) -> str:
        """Return how one more track begins."""
        self._count += 1
        label = quoteattr(category_of(item))
        return (
            f'  <track id="{self._count - 1}" label={label} group_id="{item.id}" source="auto">\n'
        )


def _polygon(frame: int, points: str, *, outside: bool = False) -> str:
    return (
        f'    <polygon frame="{frame}" keyframe="1" outside="{outside:d}" occluded="0" '
        f'points="{points}" z_order="0"></polygon>\n'
    )


def _mask(frame: int, mask: Mask) -> str:
    """Return a mask of one frame, which ends in the next one."""
    shape = f'occluded="0" {_run_lengths(mask)} z_order="0"></mask>\n'
    return (
        f'    <mask frame="{frame}" keyframe="1" outside="0" {shape}'
        f'    <mask frame="{frame + 1}" keyframe="1" outside="1" {shape}'
    )


def _run_lengths(mask: Mask) -> str:
    """Return the part of a mask in its box, by rows, background first."""
    box = mask_box(mask)
    assert box is not None, "it has pieces"
    left, top, right, bottom = (int(side) for side in box)
    runs = ", ".join(map(str, to_runs(mask[top:bottom, left:right].ravel()).tolist()))
    place = f'left="{left}" top="{top}" width="{right - left}" height="{bottom - top}"'
    return f'rle="{runs}" {place}'
