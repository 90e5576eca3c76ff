"""CVAT's XML, taken apart as its documentation and its importer say."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np

from samtracker.masks.polygons import fill, polygon
from samtracker.results.formats.cvat import CvatWriter
from samtracker.types import Mask
from tests.helpers.results import SIZE, frame, iou, result, write_scene


def test_every_mask_comes_back(tmp_path: Path) -> None:
    results = write_scene(CvatWriter(tmp_path / "a.xml", video="a & b.mp4"))
    root = ElementTree.parse(tmp_path / "a.xml").getroot()
    assert root.findtext("version") == "1.1"
    task = root.find("meta/task")
    assert task is not None
    assert (task.findtext("name"), task.findtext("mode")) == ("a & b.mp4", "interpolation")
    assert (task.findtext("size"), task.findtext("stop_frame")) == ("14", "13")
    sides = [task.findtext(f"original_size/{side}") for side in ("height", "width")]
    assert sides == ["120", "160"]
    labels = [label.text for label in task.findall("labels/label/name")]
    assert labels == ["object", "cat"]
    tracks = root.findall("track")
    assert len({track.get("id") for track in tracks}) == len(tracks)
    found: dict[tuple[int, int], Mask] = {}
    for track in tracks:
        number = int(track.attrib["group_id"])
        assert track.get("label") == ("cat" if number == 2 else "object")
        shapes = [shape for shape in track if shape.get("outside") == "0"]
        assert len({shape.tag for shape in track}) == 1
        if track[0].tag == "mask":  # CVAT takes the first one only
            assert len(shapes) == 1
        for shape in shapes:
            assert (shape.get("keyframe"), shape.get("occluded")) == ("1", "0")
            key = int(shape.attrib["frame"]) - 10, number
            assert key not in found
            found[key] = _mask(shape) if shape.tag == "mask" else _polygon(shape)
    for item in results:
        for thing in item.objects:
            if thing.box is None:
                assert (item.index, thing.id) not in found
            else:
                assert iou(found.pop((item.index, thing.id)), thing.mask) >= 0.98
    assert not found
    disk = next(track for track in tracks if track.get("group_id") == "3")
    shown = [(shape.get("frame"), shape.get("outside")) for shape in disk]
    assert shown == [("10", "0"), ("11", "1"), ("12", "0"), ("13", "0")]


def _polygon(shape: ElementTree.Element) -> Mask:
    corners = [[float(side) for side in p.split(",")] for p in shape.attrib["points"].split(";")]
    return fill([polygon(corners)], SIZE)


def _mask(shape: ElementTree.Element) -> Mask:
    runs = [int(run) for run in shape.attrib["rle"].split(",")]
    left, top, width, height = (
        int(shape.attrib[name]) for name in ("left", "top", "width", "height")
    )
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    mask = np.zeros(SIZE, bool)
    mask[top : top + height, left : left + width] = values.reshape(height, width)
    return mask


def test_names_need_not_be_plain(tmp_path: Path) -> None:
    writer = CvatWriter(tmp_path / "a.xml", video="<")
    writer.write(frame(0), result(np.array([[1, 1], [0, 1]]), names={1: '"R&D" <\'>'}))
    writer.close()
    track = ElementTree.parse(tmp_path / "a.xml").getroot().find("track")
    assert track is not None
    assert track.get("label") == '"R&D" <\'>'
