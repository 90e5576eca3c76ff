"""Pictures as imageio reads and writes them, held against Pillow and what they were made from."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from samtracker.errors import OutputError, VideoError
from samtracker.types import Frame
from samtracker.video.picture_file import PictureFile
from samtracker.video.stills import natural_order, read_still, write_still
from tests.helpers.clips import cut, numbered

FORMATS = {
    "bmp": ("1", "L", "P", "RGB"),
    "jpg": ("L", "RGB", "CMYK"),
    "png": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "ppm": ("L", "RGB"),
    "tif": ("1", "L", "P", "RGB", "RGBA", "CMYK"),
    "webp": ("RGB", "RGBA"),
}


METHODS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def noise(shape: tuple[int, ...], seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def deep_noise(*shape: int) -> NDArray[np.uint16]:
    return np.random.default_rng(0).integers(0, 65536, shape, np.uint16)


def over_gray(rgba: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """What is seen of a transparent picture."""
    alpha = rgba[..., 3:] / 255
    return np.rint(alpha * rgba[..., :3] + (1 - alpha) * 128).astype(np.uint8)


def pillow(path: Path) -> Frame:
    with Image.open(path) as image:
        if "A" in image.mode:
            return over_gray(np.array(image.convert("RGBA")))
        return np.array(image.convert("RGB"))


@pytest.mark.parametrize(
    ("suffix", "mode"), [(suffix, mode) for suffix, modes in FORMATS.items() for mode in modes]
)
def test_pixels_are_those_of_pillow(tmp_path: Path, suffix: str, mode: str) -> None:
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise((31, 47, 3))).convert(mode).save(path)
    read = read_still(path)
    np.testing.assert_array_equal(read, pillow(path))
    assert read.dtype == np.uint8
    assert read.shape == (31, 47, 3)
    assert read.flags.c_contiguous
    assert read.flags.writeable


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    orientation=st.integers(0, 9),
    kind=st.sampled_from(["jpg", "png", "tif", "webp"]),
    gray=st.booleans(),
)
def test_pictures_are_turned_as_their_exif_data_say(
    tmp_path_factory: pytest.TempPathFactory, orientation: int, kind: str, gray: bool
) -> None:
    folder = tmp_path_factory.getbasetemp()
    image = Image.fromarray(noise((12, 20) if gray else (12, 20, 3)))
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(folder / f"turned.{kind}", exif=exif)
    image.save(folder / f"as_stored.{kind}")
    with Image.open(folder / f"as_stored.{kind}") as stored:
        upright = stored.convert("RGB")
    if orientation in METHODS:
        upright = upright.transpose(METHODS[orientation])
    np.testing.assert_array_equal(read_still(folder / f"turned.{kind}"), upright)


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_gray_of_16_bits_is_scaled(tmp_path: Path, suffix: str) -> None:
    deep = deep_noise(9, 8)
    Image.fromarray(deep).save(tmp_path / f"a.{suffix}")
    expected = (deep // 256)[..., None].repeat(3, axis=2)
    np.testing.assert_array_equal(read_still(tmp_path / f"a.{suffix}"), expected)


def test_a_palette_may_be_transparent(tmp_path: Path) -> None:
    image = Image.fromarray(noise((9, 8)) % 4)
    image.putpalette(bytes(range(12)))
    image.save(tmp_path / "a.png", transparency=bytes([0, 255, 128, 255]))
    with Image.open(tmp_path / "a.png") as saved:
        expected = over_gray(np.array(saved.convert("RGBA")))
    np.testing.assert_array_equal(read_still(tmp_path / "a.png"), expected)


@pytest.mark.parametrize("planar", ["contig", "separate"])
@pytest.mark.parametrize("channels", [3, 4])
def test_tiff_of_16_bits_in_color(tmp_path: Path, planar: str, channels: int) -> None:
    pages = deep_noise(2, 14, 18, channels)
    stored = np.moveaxis(pages, -1, 1) if planar == "separate" else pages
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        for page in stored:
            file.write(page, photometric="rgb", planarconfig=planar)
    with PictureFile(tmp_path / "a.tif") as pictures:
        assert len(pictures) == 2
        for number, page in enumerate(pages):
            upper = (page >> 8).astype(np.uint8)
            expected = over_gray(upper) if channels == 4 else upper
            np.testing.assert_array_equal(pictures.read(number), expected)


def test_tiff_of_complex_numbers_is_refused(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "a.tif", np.zeros((9, 8), np.complex64), photometric="minisblack")
    with pytest.raises(VideoError, match="its samples are complex64"):
        read_still(tmp_path / "a.tif")


def test_names_that_are_no_addresses_for_imageio(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    picture = numbered(3)
    for name in ("imageio:chelsea.png", "~a.png", "b.zip/c.png", "<bytes>"):
        path = Path(name)
        path.parent.mkdir(exist_ok=True)
        write_still(path, picture)
        np.testing.assert_array_equal(read_still(path), picture)


def test_what_is_no_picture_is_named(tmp_path: Path) -> None:
    text, empty = tmp_path / "text.png", tmp_path / "empty.png"
    text.write_text("not a picture")
    empty.touch()
    half = tmp_path / "half.png"
    write_still(half, numbered(3))
    cut(half, 0.5)
    for path, words in (
        (text, "is damaged, or no picture"),
        (empty, r"is empty \(0 bytes\)"),
        (half, "picture 0 of .* is damaged"),
    ):
        with pytest.raises(VideoError, match=words) as raised:
            read_still(path)
        assert str(path) in str(raised.value)
    with pytest.raises(FileNotFoundError):
        read_still(tmp_path / "none.png")


@settings(max_examples=80, derandomize=True, deadline=None)
@given(
    kind=st.sampled_from(["bmp", "gif", "jpg", "png", "tif", "webp"]),
    place=st.floats(0, 1, exclude_max=True),
    values=st.binary(min_size=1, max_size=12),
)
@pytest.mark.filterwarnings("ignore:.*:UserWarning")  # Pillow's, of broken EXIF data
def test_changed_bytes_give_a_picture_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, kind: str, place: float, values: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / f"changed.{kind}"
    Image.fromarray(noise((12, 20, 3))).save(path)
    data = bytearray(path.read_bytes())
    first = int(place * len(data))
    data[first : first + len(values)] = values
    path.write_bytes(data)
    try:
        assert read_still(path).dtype == np.uint8
    except VideoError as error:
        assert str(path) in str(error)  # noqa: PT017


@settings(max_examples=30, derandomize=True, deadline=None)
@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, height: int, width: int
) -> None:
    picture: NDArray[np.uint8] = noise((height, width, 3), height)
    path = tmp_path_factory.getbasetemp() / "written"  # a PNG whatever its name
    write_still(path, picture)
    np.testing.assert_array_equal(pillow(path), picture)
    np.testing.assert_array_equal(read_still(path), picture)


def test_a_picture_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / "taken.png").mkdir()
    for path in (tmp_path / "none" / "a.png", tmp_path / "taken.png"):
        with pytest.raises(OutputError, match="cannot be written"):
            write_still(path, numbered(3))
    assert [path.name for path in tmp_path.iterdir()] == ["taken.png"]


@given(st.lists(st.integers(0, 10**6), unique=True))
def test_numbers_sort_by_their_value(numbers: list[int]) -> None:
    names = sorted((f"frame{number}.png" for number in numbers), key=natural_order)
    assert names == [f"frame{number}.png" for number in sorted(numbers)]


@pytest.mark.parametrize("module", ["video", "video.stills", "data.picture_files"])
def test_pictures_do_without_libav(module: str) -> None:
    code = f"import sys, samtracker.{module}; assert 'av' not in sys.modules, sorted(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
