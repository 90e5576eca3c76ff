"""Odd pictures and folders of them, each with the frames that are right to get."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from samtracker.types import Frame

HEIGHT, WIDTH = 120, 160
COUNT = 8


class OddPictures(NamedTuple):
    """What to give to `read_frames`, and the frames that come."""

    source: Path
    frames: list[Frame]


def shades(top: int, channels: int = 1) -> NDArray[np.int64]:
    """Pictures (COUNT, H, W, channels) that get brighter: only together they span 0 to `top`."""
    ramp = np.linspace(0, 0.5, WIDTH)[:, None] + np.linspace(0, 0.1, channels)
    rising = np.linspace(0, 0.4, COUNT)[:, None, None, None]
    values = np.rint(top * (ramp + rising)).astype(np.int64)
    values[0, :, 0], values[-1, :, -1] = 0, top
    return np.broadcast_to(values, (COUNT, HEIGHT, WIDTH, channels))


def frames_of(values: NDArray[Any]) -> list[Frame]:
    """RGB frames of pictures (N, H, W, 1 or 3) whose samples are right already."""
    return [np.broadcast_to(value, (*value.shape[:2], 3)).astype(np.uint8) for value in values]


def twelve_bits_in_16(folder: Path) -> OddPictures:
    """Gray PNGs of 16 bits, as a camera of 12 bits writes them."""
    values = shades(4095)
    for number, value in enumerate(values):
        Image.fromarray(value[..., 0].astype(np.uint16)).save(folder / f"{number}.png")
    return OddPictures(folder, frames_of(values >> 4))


def twelve_bits_in_color(folder: Path) -> OddPictures:
    """RGB PNGs of 16 bits that hold 12, of which Pillow keeps the upper 8."""
    values = shades(4095, 3)
    for number, value in enumerate(values):
        cv2.imwrite(str(folder / f"{number}.png"), value[..., ::-1].astype(np.uint16))
    return OddPictures(folder, frames_of(values >> 4))


def sixteen_bits(folder: Path) -> OddPictures:
    """RGB PNGs that use all 16 bits, though the first ones do not."""
    values = shades(65535, 3)
    for number, value in enumerate(values):
        cv2.imwrite(str(folder / f"{number}.png"), value[..., ::-1].astype(np.uint16))
    return OddPictures(folder, frames_of(values >> 8))


def packed_12_bits(folder: Path) -> OddPictures:
    """A TIFF whose tags say 12 bits; the brightest sample is 3000."""
    values = shades(3000)[:1]
    pairs = values.reshape(-1, 2)
    packed = ((pairs[:, 0] << 12) | pairs[:, 1]).astype(">u4").view(np.uint8).reshape(-1, 4)[:, 1:]
    strip = packed.tobytes()
    tags = (
        *((256, WIDTH), (257, HEIGHT), (258, 12), (259, 1), (262, 1)),
        *((273, 8), (277, 1), (278, HEIGHT), (279, len(strip))),
    )
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<I", 8 + len(strip))
    path = folder / "packed.tif"
    path.write_bytes(head + strip + struct.pack("<H", len(tags)) + entries + bytes(4))
    return OddPictures(path, frames_of(values >> 4))


def floats_from_0_to_1(folder: Path) -> OddPictures:
    """RGB TIFFs of real numbers from 0 to 0.9; 1 would be white."""
    values = shades(900, 3) / 1000
    for number, value in enumerate(values):
        tifffile.imwrite(folder / f"{number}.tif", value.astype(np.float32), photometric="rgb")
    return OddPictures(folder, frames_of(np.rint(values.astype(np.float32).astype(float) * 255)))


def float_pages(folder: Path) -> OddPictures:
    """One TIFF of many pages with temperatures from -20 to 80, and pixels without any."""
    values = shades(100) / 1.0
    path = folder / "temperatures.tif"
    stored = (values[..., 0] - 20).astype(np.float32)
    stored[3, 5, 7] = np.nan
    tifffile.imwrite(path, stored, photometric="minisblack")
    shown = np.rint(values / 100 * 255)
    shown[3, 5, 7] = 0
    return OddPictures(path, frames_of(shown))


def pages_in_a_folder(folder: Path) -> OddPictures:
    """A TIFF of three pages, the second of them a thumbnail, between two PNGs."""
    values = shades(255)[..., 0].astype(np.uint8)
    Image.fromarray(values[0]).save(folder / "a.png")
    with tifffile.TiffWriter(folder / "b.tif") as file:
        file.write(values[1], photometric="minisblack")
        file.write(values[1, ::4, ::4], photometric="minisblack", subfiletype=1)
        file.write(values[2], photometric="minisblack")
    Image.fromarray(values[3]).save(folder / "c.png")
    return OddPictures(folder, frames_of(values[:4, ..., None]))


def hidden_colors(folder: Path) -> OddPictures:
    """RGBA PNGs whose transparent pixels hold noise; the edge is half transparent."""
    frames = []
    random = np.random.default_rng(0)
    for number in range(COUNT):
        rgba = random.integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
        rgba[..., 3] = 0
        left = 5 * number
        rgba[30:80, left : left + 60] = (200, 40, 10, 102)
        rgba[35:75, left + 5 : left + 55] = (200, 40, 10, 255)
        Image.fromarray(rgba).save(folder / f"{number}.png")
        frame = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
        frame[30:80, left : left + 60] = (157, 93, 81)  # 0.4 of the color and 0.6 of the gray
        frame[35:75, left + 5 : left + 55] = (200, 40, 10)
        frames.append(frame)
    return OddPictures(folder, frames)


def webp_by_another_name(folder: Path) -> OddPictures:
    """An animated WebP that is called a video."""
    frames = frames_of(shades(255))
    path = folder / "moving.mp4"
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(
        path, "WEBP", save_all=True, append_images=others, duration=50, lossless=True, exact=True
    )
    return OddPictures(path, frames)


ODD: Sequence[Callable[[Path], OddPictures]] = (
    *(twelve_bits_in_16, twelve_bits_in_color, sixteen_bits, packed_12_bits),
    *(floats_from_0_to_1, float_pages, pages_in_a_folder, hidden_colors, webp_by_another_name),
)


def png_that_claims(path: Path, width: int, height: int) -> Path:
    """A PNG of a few bytes that says it is this large."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    content = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + content)
    return path


def half_an_animation(path: Path, kind: str, frames: Sequence[Frame]) -> Path:
    """The first half of a file of this kind: GIF, PNG or WEBP."""
    first, *others = (Image.fromarray(frame) for frame in frames)
    first.save(path, kind, save_all=True, append_images=others, duration=40)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def damaged(folder: Path, whole: Path) -> list[Path]:
    """A text, an empty file and half of a picture, all with names of pictures."""
    text, empty, half = (folder / f"{name}{whole.suffix}" for name in ("text", "empty", "half"))
    text.write_text("no picture")
    empty.touch()
    data = whole.read_bytes()
    half.write_bytes(data[: len(data) // 2])
    return [text, empty, half]


def no_files(folder: Path) -> list[Path]:
    """A dangling link, a link to itself, a folder and a pipe, all with names of pictures."""
    dead, loop, inner, pipe = (folder / f"4{letter}.png" for letter in "abcd")
    dead.symlink_to(folder / "nowhere.png")
    loop.symlink_to(loop)
    inner.mkdir()
    os.mkfifo(pipe)
    return [dead, loop, inner, pipe]


def damaged_tiff(path: Path, compression: str) -> Path:
    """A TIFF of whose damage libtiff and tifffile speak to standard error."""
    noise = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    Image.fromarray(noise).save(path, compression=compression)
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 300] = bytes(300)
    path.write_bytes(data)
    return path


def same_stems(folder: Path, frames: Sequence[Frame]) -> list[str]:
    """Pictures of which two have one name but for the suffix; returns their names."""
    names = ["shot_1000.bmp", *(f"shot_{1000 + number}.png" for number in range(len(frames) - 1))]
    for name, frame in zip(names, frames, strict=True):
        Image.fromarray(frame).save(folder / name)
    return names
