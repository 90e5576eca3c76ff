"""Written results, read back with the programs that others would use."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image
from pycocotools import mask as coco

from samtracker.errors import OutputError
from samtracker.prompts.mask_file import read_mask
from samtracker.results.writers import CsvWriter, MaskWriter, RleWriter, Writer
from tests.helpers.results import frame, result

IDS = np.array([[0, 1, 1], [0, 0, 1]])

id_maps = arrays(
    np.uint16,
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    elements=st.one_of(st.integers(0, 4), st.integers(0, 255), st.integers(0, 65534)),
).filter(lambda ids: bool(ids.any()))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(ids=id_maps)
def test_mask_pictures_come_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, ids: NDArray[np.uint16]
) -> None:
    folder = tmp_path_factory.mktemp("masks")
    MaskWriter(folder).write(frame(3, 0.1), result(ids))
    with Image.open(folder / "00003.png") as image:
        assert image.mode == ("P" if ids.max() <= 255 else "I;16")
        np.testing.assert_array_equal(np.asarray(image), ids)
    found = read_mask(folder / "00003.png", (ids.shape[0], ids.shape[1]), kind="ids").masks()
    assert list(found) == [i for i in np.unique(ids) if i]
    for object_id, mask in found.items():
        np.testing.assert_array_equal(mask, ids == object_id)


def test_mask_pictures_are_laid_out_as_in_davis(tmp_path: Path) -> None:
    writer = MaskWriter(tmp_path / "a" / "masks")
    writer.write(frame(12, 0.4), result(IDS))
    writer.write(frame(123456, 5000.0), result(np.zeros((2, 3), int)))
    writer.write(frame(7, stem="shot_1000"), result(IDS))
    files = sorted((tmp_path / "a" / "masks").iterdir())
    assert [path.name for path in files] == ["00012.png", "123456.png", "shot_1000.png"]
    with Image.open(files[0]) as image:
        palette = image.getpalette()
    assert palette is not None
    assert len(palette) == 768
    # the first and last colors of VOClabelcolormap(256)
    assert palette[:18] == [0, 0, 0, 128, 0, 0, 0, 128, 0, 128, 128, 0, 0, 0, 128, 128, 0, 128]
    assert palette[-3:] == [224, 224, 192]


def test_run_lengths_of_a_frame(tmp_path: Path) -> None:
    writer = RleWriter(tmp_path / "masks.jsonl")
    writer.write(frame(4, 0.25), result(IDS, lost=(7,)))
    writer.write(frame(5, 0.5, source="a.png"), result(np.zeros((2, 3), int)))
    lines = (tmp_path / "masks.jsonl").read_text().splitlines()  # not closed: already on the disk
    writer.close()
    # By hand: columns 00, 10, 11 are runs of 2, 1, 1, 2; from the fourth on, COCO stores the
    # difference to the run before the last, 2 - 1; each small number n is the character 48 + n.
    # Six zeros are the one run 6.
    assert [json.loads(line) for line in lines] == [
        {
            "frame": 4,
            "time": 0.25,
            "source": None,
            "size": [2, 3],
            "objects": [
                {
                    "id": 1,
                    "score": 0.5,
                    "state": "tracking",
                    "box": [1.0, 0.0, 3.0, 2.0],
                    "segmentation": {"size": [2, 3], "counts": "2111"},
                },
                {
                    "id": 7,
                    "score": 0.0,
                    "state": "lost",
                    "box": None,
                    "segmentation": {"size": [2, 3], "counts": "6"},
                },
            ],
        },
        {"frame": 5, "time": 0.5, "source": "a.png", "size": [2, 3], "objects": []},
    ]


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in decode
@settings(max_examples=40, derandomize=True, deadline=None)
@given(ids=id_maps)
def test_run_lengths_decode_with_pycocotools(
    tmp_path_factory: pytest.TempPathFactory, ids: NDArray[np.uint16]
) -> None:
    path = tmp_path_factory.mktemp("rle") / "masks.jsonl"
    writer = RleWriter(path)
    writer.write(frame(0, 0.0), result(ids))
    writer.close()
    objects = json.loads(path.read_text())["objects"]
    assert [item["id"] for item in objects] == [i for i in np.unique(ids) if i]
    for item in objects:
        decoded = coco.decode(item["segmentation"])
        np.testing.assert_array_equal(decoded, ids == item["id"])
        left, top, width, height = coco.toBbox(item["segmentation"])
        assert item["box"] == [left, top, left + width, top + height]


def test_table_has_a_row_per_frame_and_object(tmp_path: Path) -> None:
    writer = CsvWriter(tmp_path / "tracks.csv")
    writer.write(frame(4, 0.25), result(IDS, lost=(7,)))
    writer.write(frame(5, source="b/ö,\udcff.png"), result(IDS))
    rows = list(csv.reader((tmp_path / "tracks.csv").read_text("utf-8").splitlines()))
    writer.close()
    assert rows == [
        ["frame", "time", "id", "state", "score", "x1", "y1", "x2", "y2", "area", "source"],
        ["4", "0.25", "1", "tracking", "0.5", "1.0", "0.0", "3.0", "2.0", "3", ""],
        ["4", "0.25", "7", "lost", "0.0", "", "", "", "", "0", ""],
        ["5", "0.0", "1", "tracking", "0.5", "1.0", "0.0", "3.0", "2.0", "3", "b/ö,\\udcff.png"],
    ]


def test_writers_share_one_protocol(tmp_path: Path) -> None:
    writers: list[Writer] = [
        MaskWriter(tmp_path / "masks"),
        RleWriter(tmp_path / "masks.jsonl"),
        CsvWriter(tmp_path / "tracks.csv"),
    ]
    for writer in writers:
        writer.write(frame(0, 0.0), result(IDS))
        writer.close()
    assert len(list(tmp_path.rglob("*.*"))) == 3


def test_writers_name_the_path_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for kind in (MaskWriter, RleWriter, CsvWriter):
        with pytest.raises(OutputError, match=r"file/out' cannot be written \(Not a directory\)"):
            kind(tmp_path / "file" / "out")
    writer = MaskWriter(tmp_path / "masks")
    (tmp_path / "masks").rmdir()
    with pytest.raises(OutputError, match=r"00000\.png' cannot be written"):
        writer.write(frame(0, 0.0), result(IDS))
