"""`--init-mask` on the real command line: what it takes, says and starts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.corpus import masks as corpus
from tests.helpers.cli_tools import Finished, ids_in, samtrack
from tests.helpers.clips import write_clip

FRAMES = [np.full((*corpus.SIZE, 3), 40 + 5 * k, np.uint8) for k in range(2)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is, with a short film."""
    monkeypatch.chdir(tmp_path)
    write_clip(tmp_path / "film.mp4", FRAMES)
    return tmp_path


def first_ids(*arguments: str) -> tuple[np.ndarray, Finished]:
    """The first mask that `track` wrote, and what it said."""
    options = ("--save", "masks", "--size", "64", "-o", "out", "--overwrite")
    done = samtrack("track", "film.mp4", "--init-mask", *arguments, *options)
    assert (done.code, done.errors) == (0, []), done.err
    return ids_in(Path("out/masks/00000.png")), done


def test_a_map_of_ids(folder: Path) -> None:
    right = corpus.gray(folder / "mask.png", corpus.label_map(range(101, 104), tiny=103))
    right[:8, :4] = 103  # as tiny as it was, it would be tracked, but in no frame be seen
    corpus.gray(folder / "mask.png", right)
    ids, done = first_ids("mask.png")
    np.testing.assert_array_equal(ids, right)
    assert "Warning" not in done.err


def test_what_is_decided_is_said_with_the_option(folder: Path) -> None:
    right = corpus.voc(folder / "mask.png")
    ids, done = first_ids("mask.png")
    np.testing.assert_array_equal(ids, right)
    (said,) = (line for line in done.err.splitlines() if line.startswith("Warning: "))
    assert said.startswith("Warning: mask 'mask.png' has 255 beside other ids")
    assert said.endswith("say what it is with --mask-kind KIND (ids, colors or binary)")
    ids, done = first_ids("mask.png", "--mask-kind", "binary")
    np.testing.assert_array_equal(ids, right > 0)
    assert "Warning" not in done.err


@pytest.mark.parametrize(
    ("name", "names"),
    [("mask.json", {"1": "cat", "2": "dog"}), ("mask.txt", {"1": "class 0", "2": "class 16"})],
)
def test_annotations(folder: Path, name: str, names: dict[str, str]) -> None:
    write = corpus.yolo if name == "mask.txt" else corpus.coco_file
    right = write(folder / name)
    ids, done = first_ids(name)
    np.testing.assert_array_equal(ids, right)
    summary = json.loads(done.out)
    assert summary["first_mask"] == {"1": "mask", "2": "mask"}
    assert summary["names"] == names
    assert f"object 2 ({names['2']}): {(right == 2).sum()} pixels from the mask" in done.err


def test_coco_of_several_films(folder: Path) -> None:
    right = corpus.coco_file(folder / "mask.json", images=("other.png", "film.png"))
    np.testing.assert_array_equal(first_ids("mask.json")[0], right)
