"""Maps of ids beside drawings: what is thin, and what a picture may be taken for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from samtracker.errors import PromptError
from samtracker.prompts.mask_file import read_mask
from samtracker.prompts.picture_colors import PictureColors
from tests.corpus import masks as corpus
from tests.corpus.masks import SIZE

Maker = Callable[[Path, NDArray[np.uint8]], NDArray[np.uint8]]


def ids_of(path: Path, kind: str = "auto") -> NDArray[Any]:
    return read_mask(path, SIZE, kind=kind).ids


@pytest.mark.parametrize("write", [corpus.gray, corpus.palette, corpus.colors])
@pytest.mark.parametrize(
    "ids",
    [
        corpus.label_map(),
        corpus.label_map(range(101, 141), tiny=139),
        corpus.label_map(range(101, 104), tiny=103),
        corpus.neighbors(),
    ],
    ids=["40 ids", "101 to 140", "101 to 103", "a line between"],
)
def test_thin_objects_are_objects(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, ids: NDArray[np.uint8], write: Maker
) -> None:
    right = write(tmp_path / "mask.png", ids)
    np.testing.assert_array_equal(ids_of(tmp_path / "mask.png"), right)
    assert not caplog.records


def test_only_areas_count_in_a_drawing_with_soft_edges(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sharp = Image.fromarray((corpus.label_map() > 0) * np.uint8(255))
    for blur in (0.7, 1, 4):
        sharp.filter(ImageFilter.GaussianBlur(blur)).save(tmp_path / "mask.png")
        assert np.unique(ids_of(tmp_path / "mask.png")).tolist() == [0, 1]
    assert not caplog.records


def test_every_jpeg_has_soft_edges(tmp_path: Path) -> None:
    sharp = Image.fromarray((corpus.label_map() > 0) * np.uint8(255))
    for quality in (60, 95, 100):
        sharp.save(tmp_path / "mask.jpg", quality=quality)
        np.testing.assert_array_equal(ids_of(tmp_path / "mask.jpg"), np.asarray(sharp) > 127)


def between() -> NDArray[np.uint8]:
    """A line of 20 between 1 and 40: an object, or the edge of two shades."""
    ids = np.zeros(SIZE, np.uint8)
    ids[20:60, 20:60], ids[20:60, 60], ids[20:60, 61:100] = 1, 20, 40
    return ids


def test_a_doubtful_picture_is_said_with_the_way_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ids = corpus.gray(tmp_path / "mask.png", between())
    np.testing.assert_array_equal(ids_of(tmp_path / "mask.png"), ids)
    (record,) = caplog.records
    assert "may be a map of ids or have antialiased edges" in record.getMessage()
    assert "say what it is with mask_kind=... (ids, colors or binary)" in record.getMessage()
    caplog.clear()
    np.testing.assert_array_equal(ids_of(tmp_path / "mask.png", "ids"), ids)
    assert set(np.unique(ids_of(tmp_path / "mask.png", "colors"))) == {0, 1}
    np.testing.assert_array_equal(ids_of(tmp_path / "mask.png", "binary"), ids > 0)
    assert not caplog.records


def test_the_share_of_residue_tells_maps_from_drawings() -> None:
    """Of all maps and drawings below, none is near the limit."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    for count in (5, 40, 200):
        centers = rng.uniform(0, 1, (count, 2)) * SIZE
        nearest = np.hypot(y[..., None] - centers[:, 0], x[..., None] - centers[:, 1]).argmin(2)
        cells = rng.permutation(np.arange(1, 255))[:count].astype(np.uint8)[nearest]
        disks = np.zeros(SIZE, np.uint8)
        for row, column in centers:
            cv2.circle(disks, (int(column), int(row)), 3, int(rng.integers(1, 255)), -1)
        for ids in (cells, disks):
            colors = PictureColors.of(ids[..., None])
            assert colors.flat
            assert not colors.doubtful
    for smooth in (2, 4, 8):
        large = np.kron(corpus.outlined(), np.ones((smooth, smooth), np.uint8))
        turned = Image.fromarray(large * 100).rotate(13)
        colors = PictureColors.of(np.asarray(turned.reduce(smooth))[..., None])
        assert not colors.flat
        assert not colors.doubtful


@pytest.mark.parametrize("mode", ["P", "L", "RGB"])
def test_the_border_of_pascal_voc_is_ignored_and_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: str
) -> None:
    right = corpus.voc(tmp_path / "mask.png", mode=mode)
    np.testing.assert_array_equal(ids_of(tmp_path / "mask.png"), right)
    (record,) = caplog.records
    assert "255 beside other ids" in record.getMessage()
    assert set(np.unique(ids_of(tmp_path / "mask.png", "ids"))) == {0, 1, 15, 255}
    assert len(caplog.records) == 1


def test_255_alone_is_an_object(tmp_path: Path) -> None:
    corpus.palette(tmp_path / "mask.png", (corpus.outlined() > 0) * np.uint8(255))
    assert set(np.unique(ids_of(tmp_path / "mask.png"))) == {0, 255}


def test_ids_are_taken_as_they_are(tmp_path: Path) -> None:
    for ids in (corpus.outlined() * np.uint8(127), corpus.outlined() * np.uint16(32767)):
        Image.fromarray(ids).save(tmp_path / "mask.png")
        np.testing.assert_array_equal(ids_of(tmp_path / "mask.png", "ids"), ids)
    corpus.colors(tmp_path / "mask.png", corpus.outlined())
    with pytest.raises(PromptError, match="colors are not those of the DAVIS palette"):
        ids_of(tmp_path / "mask.png", "ids")


def test_colors_of_a_palette_and_of_dark_shades(tmp_path: Path) -> None:
    image = Image.fromarray(corpus.outlined() + np.uint8(1))
    image.putpalette([9, 9, 9, 0, 0, 0, 255, 0, 0, 0, 0, 255])
    image.save(tmp_path / "mask.png")
    np.testing.assert_array_equal(ids_of(tmp_path / "mask.png", "colors"), corpus.outlined())


@pytest.mark.parametrize("path", ["a\0.png", "x" * 5000, "loop.png"])
def test_paths_that_lead_nowhere(tmp_path: Path, path: str) -> None:
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    with pytest.raises(PromptError, match=r"mask '.* cannot be read"):
        ids_of(tmp_path / path)
