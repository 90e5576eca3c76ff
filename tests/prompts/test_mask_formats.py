"""Masks as users bring them; every expectation is the id map that the picture was made from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from samtracker.errors import PromptError
from samtracker.palette import PALETTE
from samtracker.prompts.mask_formats import parse_mask, read_id_map, read_picture
from samtracker.types import Mask

SIZE = (60, 80)
IDS = np.zeros(SIZE, np.uint8)
IDS[10:30, 10:40] = 1
IDS[30:50, 30:60] = 2
IDS[5:10, 60:75] = 3
BRIGHT = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [40, 40, 255]], np.uint8)


def expected(ids: NDArray[Any]) -> dict[int, NDArray[Any]]:
    return {int(i): ids == i for i in np.unique(ids) if i}


def assert_same(found: dict[int, Mask], wanted: dict[int, NDArray[Any]]) -> None:
    assert list(found) == list(wanted)
    for object_id, mask in found.items():
        assert mask.dtype == np.bool_
        np.testing.assert_array_equal(mask, wanted[object_id])


def as_palette(ids: NDArray[np.uint8], colors: NDArray[np.uint8] = PALETTE) -> Image.Image:
    image = Image.fromarray(ids)
    image.putpalette(colors.tobytes())
    return image


def disks(*shapes: tuple[float, float, float, Any], mode: str, smooth: int = 4) -> Image.Image:
    """Disks (x, y, radius, fill) on black, antialiased by averaging `smooth`^2 samples."""
    image = Image.new(mode, (160 * smooth, 120 * smooth))
    draw = ImageDraw.Draw(image)
    for x, y, radius, fill in shapes:
        box = [smooth * v for v in (x - radius, y - radius, x + radius, y + radius)]
        draw.ellipse(box, fill=fill)
    return image.reduce(smooth) if smooth > 1 else image


block_maps = arrays(np.uint8, (5, 6), elements=st.integers(0, 5)).map(
    lambda ids: np.kron(ids, np.ones((4, 4), np.uint8))
)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(ids=block_maps.filter(lambda ids: bool(ids.any())))
def test_encodings_of_one_id_map_give_the_same_masks(ids: NDArray[np.uint8]) -> None:
    wanted = expected(ids)
    alpha = (255 * (ids > 0)).astype(np.uint8)
    rgb = PALETTE[ids]
    for mask in (
        as_palette(ids),
        Image.fromarray(ids),
        ids,
        ids.astype(np.uint16),
        ids.astype(np.int64),
        ids.astype(np.float32) if ids.max() > 1 else ids.astype(bool),
        ids[..., None],
        rgb,
        Image.fromarray(rgb),
        np.dstack([rgb, alpha]),
        np.dstack([rgb, np.full_like(alpha, 255)]),
        np.dstack([ids, alpha]),
    ):
        assert_same(parse_mask(mask, ids.shape), wanted)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    ids=arrays(np.uint16, (7, 9), elements=st.integers(0, 65534)).filter(lambda ids: ids.max() > 31)
)
def test_wide_integers_are_ids_whatever_they_look_like(ids: NDArray[np.uint16]) -> None:
    if ids.max() != 255:
        assert_same(parse_mask(ids, (7, 9)), expected(ids))


@settings(max_examples=40, derandomize=True, deadline=None)
@given(
    ids=arrays(np.uint8, (6, 8), elements=st.integers(0, 254)).filter(lambda ids: bool(ids.any()))
)
def test_palette_indices_are_ids_down_to_single_pixels(ids: NDArray[np.uint8]) -> None:
    assert_same(parse_mask(as_palette(ids), (6, 8)), expected(ids))


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    ids=arrays(np.uint8, (6, 8), elements=st.integers(0, 31)).filter(lambda ids: bool(ids.any())),
    factor=st.integers(1, 5),
)
def test_resizing_by_an_integer_and_back_changes_nothing(
    ids: NDArray[np.uint8], factor: int
) -> None:
    large = np.kron(ids, np.ones((factor, factor), np.uint8))
    assert_same(parse_mask(ids, large.shape), expected(large))
    assert_same(parse_mask(large, ids.shape), expected(ids))


@pytest.mark.parametrize("white", [1, 37, 255])
@pytest.mark.parametrize("dtype", [np.uint8, np.int32])
def test_gray_and_white_masks_are_object_one(white: int, dtype: type[np.generic]) -> None:
    wide_id = white == 37 and dtype is np.int32
    found = parse_mask(((IDS > 0) * white).astype(dtype), SIZE)
    assert_same(found, {37 if wide_id else 1: IDS > 0})


def test_white_of_sixteen_bits_is_object_one() -> None:
    assert_same(parse_mask((IDS > 0) * np.uint16(65535), SIZE), {1: IDS > 0})


def test_flat_shades_are_objects_and_their_values_the_ids() -> None:
    gray = np.array([0, 38, 75, 113], np.uint8)[IDS]
    assert_same(parse_mask(gray, SIZE), expected(gray))


def test_flat_shades_survive_antialiasing() -> None:
    found = parse_mask(disks((50, 60, 30, 100), (115, 60, 30, 200), mode="L"), (120, 160))
    sharp = np.asarray(disks((50, 60, 30, 100), (115, 60, 30, 200), mode="L", smooth=1))
    assert list(found) == [100, 200]
    assert (found[100] ^ (sharp == 100)).sum() < 100  # of about 2800 pixels, on the rim
    assert not found[100][:, 84:].any()  # halfway to 200 is no rim of 100


@pytest.mark.parametrize("blur", [0, 1, 4, 12])
def test_antialiased_and_feathered_white_is_cut_at_half(blur: int) -> None:
    image = disks((80, 60, 40, 255), mode="L")
    image = image.filter(ImageFilter.GaussianBlur(blur))
    wanted = {1: np.asarray(image) > np.asarray(image).max() / 2}
    assert_same(parse_mask(image, (120, 160)), wanted)
    assert_same(parse_mask(image.convert("RGB"), (120, 160)), wanted)


def test_jpeg_of_a_white_mask_is_one_object(tmp_path: Path) -> None:
    image = disks((80, 60, 40, (255, 255, 255)), mode="RGB")
    image.save(tmp_path / "mask.jpg", quality=70)
    found = read_picture(tmp_path / "mask.jpg", (120, 160)).masks()
    assert list(found) == [1]
    assert (found[1] ^ (np.asarray(image)[..., 0] > 127)).sum() < 20


def test_bright_colors_are_numbered_from_the_top_row_down() -> None:
    order = {3: 1, 1: 2, 2: 3}  # the blue block is the topmost, then red, then green
    found = parse_mask(BRIGHT[IDS], SIZE)
    assert_same(found, {new: np.equal(IDS, old) for old, new in order.items()})


def test_antialiased_color_edges_are_no_objects() -> None:
    # red and green touch, red and blue touch: their blends are brown, teal and purple
    shapes = [(50, 60, 32, "red"), (112, 60, 32, "lime"), (50, 15, 13, "blue")]
    found = parse_mask(disks(*shapes, mode="RGB"), (120, 160))
    assert list(found) == [1, 2, 3]
    for object_id, shape in ((1, shapes[2]), (2, shapes[0]), (3, shapes[1])):
        painted = np.asarray(disks((*shape[:3], 255), mode="L")) > 127
        assert (found[object_id] ^ painted).sum() < 0.02 * painted.sum()


def test_antialiased_davis_colors_keep_the_ids_of_davis() -> None:
    shapes = [(40, 60, 30, (128, 0, 0)), (115, 60, 30, (64, 128, 0))]
    assert list(parse_mask(disks(*shapes, mode="RGB"), (120, 160))) == [1, 10]


def test_both_variants_of_the_davis_palette_have_its_ids() -> None:
    colors = np.array([[0, 0, 0], [191, 0, 0], [64, 128, 0], [191, 128, 0]], np.uint8)
    assert list(parse_mask(colors[IDS], SIZE)) == [9, 10, 11]
    colors[colors == 191] = 192
    assert list(parse_mask(colors[IDS], SIZE)) == [9, 10, 11]


def test_thin_antialiased_line_is_one_object() -> None:
    image = Image.new("RGB", (640, 480))
    ImageDraw.Draw(image).line([20, 20, 600, 400], fill="red", width=4)
    found = parse_mask(image.reduce(4), (120, 160))
    assert list(found) == [1]
    assert 100 < found[1].sum() < 250


def test_palette_that_compresses_an_antialiased_picture_is_read_as_colors() -> None:
    image = disks((80, 60, 40, (255, 255, 255)), mode="RGB").quantize(16)
    found = parse_mask(image, (120, 160))
    assert list(found) == [1]
    assert abs(found[1].sum() - np.pi * 40**2) < 60


def test_palette_with_black_elsewhere_is_read_as_colors() -> None:
    image = as_palette((IDS == 0).astype(np.uint8), np.array([[255, 255, 255], [0, 0, 0]], "u1"))
    assert_same(parse_mask(image, SIZE), {1: IDS > 0})


def test_palette_of_any_colors_keeps_its_indices() -> None:
    assert_same(parse_mask(as_palette(IDS, BRIGHT[[0, 2, 3, 1]]), SIZE), expected(IDS))


def test_palette_that_is_too_short_keeps_its_indices() -> None:
    image = Image.fromarray(IDS)
    image.putpalette([0, 0, 0, 255, 0, 0])
    assert_same(parse_mask(image, SIZE), expected(IDS))


@pytest.mark.parametrize("color", [0, 255])
def test_gray_with_alpha_is_what_is_visible(color: int) -> None:
    alpha = np.where(IDS > 0, np.where(IDS == 3, 128, 255), 127).astype(np.uint8)
    assert_same(parse_mask(np.dstack([np.full_like(IDS, color), alpha]), SIZE), {1: IDS > 0})


def test_photograph_on_transparency_is_one_object() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8)
    alpha = (255 * (IDS > 0)).astype(np.uint8)
    assert_same(parse_mask(np.dstack([noise, alpha]), SIZE), {1: IDS > 0})


def test_floats_are_cut_at_half() -> None:
    ramp = np.linspace(0, 1, 11)[None].repeat(4, axis=0)
    assert_same(parse_mask(ramp, (4, 11)), {1: ramp > 0.5})


def test_masks_are_disjoint_for_any_picture_of_few_colors() -> None:
    colors = np.random.default_rng(1).integers(0, 256, (4, 3), np.uint8)
    picture = colors[np.random.default_rng(2).integers(0, 4, (24, 32))]
    picture = np.kron(picture, np.ones((5, 5, 1), np.uint8))
    found = parse_mask(picture, (120, 160))
    assert len(found) == 4
    assert (np.sum(list(found.values()), axis=0) == 1).all()


@pytest.mark.parametrize(("columns", "rows"), [(854, 480), (853, 480), (427, 240), (1920, 1080)])
def test_same_aspect_ratio_within_rounding_is_resized(columns: int, rows: int) -> None:
    mask = np.zeros((rows, columns), bool)
    mask[: rows // 2] = True
    found = parse_mask(mask, (720, 1280))[1]
    assert found.shape == (720, 1280)
    assert found[:359].all()
    assert not found[361:].any()


def test_another_aspect_ratio_names_both_sizes() -> None:
    with pytest.raises(PromptError, match=r"mask is 640x480 .* frame is 1280x720"):
        parse_mask(np.ones((480, 640), bool), (720, 1280))
    with pytest.raises(PromptError, match="720x1280"):
        parse_mask(np.ones((1280, 720), bool), (720, 1280))


@pytest.mark.parametrize(
    "mask",
    [np.zeros(SIZE, bool), np.zeros(SIZE), np.zeros((*SIZE, 3), np.uint8), np.full(SIZE, 0.4)],
)
def test_an_empty_mask_says_what_shows_an_object(mask: NDArray[Any]) -> None:
    with pytest.raises(PromptError, match="mask is empty: give True, or an id from 1 on"):
        parse_mask(mask, SIZE)
    with pytest.raises(PromptError, match="mask is empty: paint each object"):
        parse_mask(Image.new("L", (SIZE[1], SIZE[0])), SIZE)


def test_object_that_vanishes_when_resized_is_an_error() -> None:
    speck = np.zeros((600, 800), bool)
    speck[0, 0] = True
    with pytest.raises(PromptError, match="specks"):
        parse_mask(speck, SIZE)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.full(SIZE, np.nan), "NaN"),
        (np.full(SIZE, np.inf), "infinite"),
        (np.where(IDS, -1, 0), "from -1 to 0"),
        (np.where(IDS, -0.5, 0), "from -0.5 to 0"),
        (np.where(IDS, 70000, 0), "70000"),
        (IDS * 0.7, "fractions above 1"),
        (np.zeros(10, np.uint8), r"shape \(10,\)"),
        (np.zeros((0, 4), np.uint8), r"shape \(0, 4\)"),
        (np.ones((2, *SIZE), bool), r"shape \(2, 60, 80\)"),
        (np.ones((*SIZE, 3), np.float32), "colors of type float32"),
        (np.full(SIZE, "a"), "type <U1"),
        (np.random.default_rng(0).integers(0, 256, (*SIZE, 3), np.uint8), "photograph"),
    ],
)
def test_nonsense_is_refused_in_one_line(mask: NDArray[Any], message: str) -> None:
    with pytest.raises(PromptError, match=message) as caught:
        parse_mask(mask, SIZE)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_mask_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "zero.png").touch()
    as_palette(IDS).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:-60])
    for name in ("text.png", "zero.png", "cut.png", "."):
        path = tmp_path / name
        with pytest.raises(PromptError, match=f"{path.name}' cannot be read as a picture"):
            read_picture(path, SIZE)
    with pytest.raises(PromptError, match=r"none\.png' does not exist"):
        read_picture(tmp_path / "none.png", SIZE)
    with pytest.raises(PromptError, match=r"whole\.png' is 80x60"):
        read_picture(tmp_path / "whole.png", (60, 60))


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "PA", "RGB", "RGBA", "I;16", "CMYK"])
def test_files_of_every_mode(tmp_path: Path, mode: str) -> None:
    white = Image.fromarray((255 * (IDS > 0)).astype(np.uint8))
    path = tmp_path / ("mask.tif" if mode in ("PA", "CMYK") else "mask.png")
    if mode == "I;16":
        white = Image.fromarray((IDS > 0) * np.uint16(65535))
    elif mode in ("P", "PA"):
        white = as_palette((IDS > 0).astype(np.uint8)).convert(mode)
    else:
        white = white.convert(mode)
    white.save(path)
    assert_same(read_picture(path, SIZE).masks(), {1: IDS > 0})


def store(path: Path, image: NDArray[Any] | Image.Image) -> NDArray[np.uint16]:
    """The ids that `read_id_map` finds in a picture."""
    (image if isinstance(image, Image.Image) else Image.fromarray(image)).save(path)
    return read_id_map(path)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(ids=arrays(np.uint8, (6, 8), elements=st.integers(0, 255)))
def test_stored_ids_are_read_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, ids: NDArray[np.uint8]
) -> None:
    path = tmp_path_factory.getbasetemp() / "stored.png"
    others = np.roll(PALETTE, 7, axis=0)
    visible = (255 * (ids > 0)).astype(np.uint8)
    pictures: list[NDArray[Any] | Image.Image] = [
        *(as_palette(ids), as_palette(ids, others), PALETTE[ids]),
        np.dstack([PALETTE[ids], np.full_like(visible, 255)]),
        np.dstack([PALETTE[ids], visible]),
    ]
    if ids.max() < 32:
        pictures.append(ids)
    if ids.max() != 255:
        pictures.append(ids.astype(np.uint16))
    for picture in pictures:
        found = store(path, picture)
        assert found.dtype == np.uint16
        np.testing.assert_array_equal(found, ids)


def test_stored_ids_above_255_come_back(tmp_path: Path) -> None:
    wide = np.array([0, 300, 301, 7], np.uint16)[IDS]
    np.testing.assert_array_equal(store(tmp_path / "mask.png", wide), wide)


def test_a_stored_shade_means_the_same_beside_any_other(tmp_path: Path) -> None:
    shades = np.array([0, 200, 255, 90], np.uint8)[IDS]
    np.testing.assert_array_equal(store(tmp_path / "a.png", shades), (IDS == 1) | (IDS == 2))
    assert store(tmp_path / "b.png", 255 * (IDS > 0).astype(np.uint8)).max() == 1


def test_stored_colors_that_name_no_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match=r"a\.png' is no mask: its colors"):
        store(tmp_path / "a.png", BRIGHT[IDS])


def test_stored_masks_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(OSError, match=r"text\.png"):
        read_id_map(tmp_path / "text.png")
    with pytest.raises(FileNotFoundError):
        read_id_map(tmp_path / "none.png")
