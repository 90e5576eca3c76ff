"""Masks from one format to another, and what is said of files that are none."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from samtracker.config import CONVERTIBLE
from samtracker.errors import SamTrackerError
from samtracker.jobs.convert import convert
from samtracker.results.writers import MaskWriter, RleWriter
from tests.helpers.cli_tools import ids_in, samtrack
from tests.helpers.results import NAMES, SIZE, frame, iou, result, write_scene

FILES = {
    "masks": "masks",
    "rle": "a.jsonl",
    "coco": "a.json",
    "coco-polygons": "b.json",
    "yolo": "yolo",
    "mots": "a.txt",
    "cvat": "a.xml",
}
EXACT = ("masks", "rle", "coco", "mots")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scene in every format, each made of its run lengths."""
    folder = tmp_path_factory.mktemp("formats")
    write_scene(RleWriter(folder / "a.jsonl"))
    for kind in CONVERTIBLE:
        if kind != "rle":
            assert convert(folder / "a.jsonl", folder / FILES[kind], target_format=kind) == 4
    write_scene(MaskWriter(folder / "truth"))
    assert sorted(path.name for path in folder.iterdir()) == sorted([*FILES.values(), "truth"])
    return folder


@pytest.mark.parametrize(
    ("one", "other"), [(a, b) for a, b in itertools.product(CONVERTIBLE, repeat=2) if a != b]
)
def test_there_and_to_masks(tmp_path: Path, files: Path, one: str, other: str) -> None:
    path = tmp_path / FILES[other]
    sizes = {kind: SIZE if kind == "yolo" else None for kind in CONVERTIBLE}
    assert convert(files / FILES[one], path, target_format=other, size=sizes[one]) == 4
    convert(path, tmp_path / "out", source_format=other, target_format="masks", size=sizes[other])
    assert [item.name for item in sorted((tmp_path / "out").iterdir())] == [
        f"{number:05}.png" for number in range(10, 14)
    ]
    for found, truth in zip(masks_in(tmp_path / "out"), masks_in(files / "truth"), strict=True):
        # With YOLO the speck is the fourth object that comes.
        wanted = np.where(truth == 9, 4, truth) if "yolo" in (one, other) else truth
        assert set(np.unique(found)) == set(np.unique(wanted))
        for i in np.unique(wanted):
            assert iou(found == i, wanted == i) >= (1 if {one, other} <= set(EXACT) else 0.96)


def masks_in(folder: Path) -> Iterator[NDArray[np.uint8]]:
    return (ids_in(path) for path in sorted(folder.glob("*.png")))


def test_names_and_scores_come_along(tmp_path: Path, files: Path) -> None:
    convert(files / "a.json", tmp_path / "a.jsonl")
    for one, other in zip(lines_in(tmp_path / "a.jsonl"), lines_in(files / "a.jsonl"), strict=True):
        shown = [item for item in other["objects"] if item["box"] is not None]
        assert one["objects"] == shown
        assert one["time"] == other["time"]
    for kind in ("cvat", "yolo", "coco-polygons"):
        target = tmp_path / f"{kind}.jsonl"
        convert(files / FILES[kind], target, source_format=kind, size=SIZE)
        first = lines_in(target)[0]["objects"]
        assert [item.get("name", "") for item in first] == [NAMES.get(i, "") for i in (1, 2, 3)]


def lines_in(path: Path) -> list[dict[str, list[dict[str, object]]]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    frames=st.lists(arrays(np.uint16, (6, 7), elements=st.integers(0, 3)), min_size=1, max_size=4),
    chain=st.lists(st.sampled_from(EXACT), min_size=1, max_size=4),
)
def test_no_chain_of_exact_formats_changes_a_pixel(
    tmp_path_factory: pytest.TempPathFactory, frames: list[NDArray[np.uint16]], chain: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("chain")
    frames[-1][0, 0] = 1  # or there would be no frame in the lines of MOTS
    writer = MaskWriter(folder / "first")
    for index, ids in enumerate(frames):
        writer.write(frame(index), result(ids))
    place, kind = folder / "first", "masks"
    for number, other in enumerate([*chain, "masks"]):
        target = folder / str(number)
        convert(place, target, source_format=kind, target_format=other)
        place, kind = target, other
    kept = {path.name: ids_in(path) for path in place.iterdir()}
    for index, ids in enumerate(frames):
        if "mots" not in chain or ids.any():
            np.testing.assert_array_equal(kept.pop(f"{index:05}.png"), ids)
    assert not kept


def test_files_of_others_without_tracks(tmp_path: Path) -> None:
    square = [[10, 10, 40, 10, 40, 40, 10, 40]]
    moved = [[14, 10, 44, 10, 44, 40, 14, 40]]
    other = [[80, 60, 100, 60, 100, 80, 80, 80]]
    annotations = [(1, square), (2, other), (2, moved)]
    data = {
        "images": [
            {"id": n, "file_name": f"a/{n}.jpg", "width": 160, "height": 120} for n in (1, 2)
        ],
        "annotations": [
            {"id": n, "image_id": image, "category_id": 5, "segmentation": outline}
            for n, (image, outline) in enumerate(annotations)
        ],
        "categories": [{"id": 5, "name": "cat"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(data))
    assert convert(tmp_path / "a.json", tmp_path / "out") == 2
    second = ids_in(tmp_path / "out/2.png")
    assert (second[20, 42], second[70, 90], second[20, 12]) == (1, 2, 0)


def test_a_command_says_what_it_did(tmp_path: Path, files: Path) -> None:
    done = samtrack("convert", files / "masks", tmp_path / "new/a.xml")
    assert (done.code, done.err) == (0, f"converted 4 frames: {tmp_path}/new/a.xml\n")
    done = samtrack("convert", files / "yolo", tmp_path / "out", "--size", "160x120")
    assert done.code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "out"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.json", "out"), "'none.json' does not exist: give a file or folder of masks"),
        (("files/yolo", "out"), "frames are: give --size WxH of the video"),
        (("files/a.json", "files/masks"), "'files/masks' exists already"),
        (("files/a.json", "out", "--to", "svg"), "--to 'svg' does not exist: use masks, rle, coco"),
        (("files/a.json", "out", "--from", "mot"), "--from 'mot' does not exist: use masks"),
        (("files/yolo", "out", "--size", "large"), "'large' is no size: give WIDTHxHEIGHT"),
        (("a.bin", "out"), "'a.bin' may be anything: give --from FORMAT, one of masks"),
        (("files/a.json", "out.mp4"), "'out.mp4' may be anything: give --to FORMAT, one of masks"),
        (("job", "out"), "'job' is the folder of a job: give what is in it, as 'job/masks'"),
        (("empty", "out"), "'empty' has no frame with masks"),
        (("colors", "out"), "'0.png' has colors: give palette or gray pictures of ids"),
        (("cut.json", "out"), "'cut.json' cannot be read (Unterminated string"),
        (("cut.xml", "out"), "'cut.xml' cannot be read ("),
        (("cut.jsonl", "out"), "'cut.jsonl' cannot be read ("),
        (("cut.txt", "out"), "'cut.txt' cannot be read (line 4 is not 'frame id class"),
        (("cut.txt", "out", "--from", "coco"), "'cut.txt' cannot be read (Extra data"),
        (("files/a.json", "file/out"), "cannot be written (File exists)"),
    ],
)
def test_what_cannot_be_converted_leaves_nothing(
    tmp_path: Path,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "files").symlink_to(files)
    for name in ("a.bin", "file"):
        (tmp_path / name).touch()
    for name in ("empty", "colors", "job"):
        (tmp_path / name).mkdir()
    (tmp_path / "job" / "summary.json").touch()
    Image.new("RGB", (4, 4)).save("colors/0.png")
    for suffix in ("json", "xml", "jsonl"):
        whole = (files / f"a.{suffix}").read_bytes()
        (tmp_path / f"cut.{suffix}").write_bytes(whole[: len(whole) // 2])
    lines = (files / "a.txt").read_text().splitlines()
    (tmp_path / "cut.txt").write_text("\n".join([*lines[:3], lines[3][:9]]))
    before = sorted(path.name for path in tmp_path.iterdir())
    done = samtrack("convert", *arguments)
    assert done.code == 2
    assert message in done.errors[0]
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_damaged_masks_are_refused(tmp_path: Path) -> None:
    for line in (
        "1 1 1 9999999 9999999 abc",
        "1 1 1 4 4 0",
        "1 1 1 4 4 xyz",
        "1 0 1 4 4 `0",
        "x 1 1 4 4 `0",
        "1 1 1 4 4 `0\n1 1 1 4 4 `0",
        "1 1 1 4 4 `0\n1 2 1 2 8 `0",
    ):
        (tmp_path / "a.txt").write_text(line)
        with pytest.raises(SamTrackerError, match="cannot be read"):
            convert(tmp_path / "a.txt", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
