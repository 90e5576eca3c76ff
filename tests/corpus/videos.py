"""Odd videos, small ones."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.stream import Disposition
from numpy.typing import NDArray
from PIL import Image

from samtracker.types import Frame
from tests.helpers.clips import numbered, write_clip

ORIENTATION = 0x0112
"""The EXIF tag."""

COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (128, 64, 200), (20, 20, 20)]
"""Colors of the pictures of `colored`, from left to right, 16 columns each."""

# AVCOL_TRC, AVCOL_PRI and AVCOL_SPC
PQ, HLG = 16, 18
BT2020 = 9


def quarters() -> Frame:
    """A picture of 48 rows and 64 columns that looks different however it is turned."""
    image = np.zeros((48, 64, 3), np.uint8)
    image[:24, :32] = 255
    image[:24, 32:] = 160
    image[24:, :32] = 80
    return image


def exif_mjpeg(path: Path, orientation: int, count: int = 3) -> Path:
    """MJPEG as phones and cameras send it, with EXIF data in each picture of `quarters`."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = io.BytesIO()
    Image.fromarray(quarters()).save(data, "JPEG", exif=exif, quality=95)
    with av.open(str(path), "w") as output:
        stream = output.add_stream("mjpeg", rate=25)
        stream.height, stream.width = quarters().shape[:2]
        stream.pix_fmt = "yuvj420p"
        for number in range(count):
            packet = av.Packet(data.getvalue())
            packet.stream = stream
            packet.pts = packet.dts = number
            packet.time_base = Fraction(1, 25)
            packet.is_keyframe = True
            output.mux(packet)
    return path


def with_previews(path: Path, *, count: int = 10, default: int | None = None) -> Path:
    """Video 1 has `count` numbered frames; 0 is a preview of one, and 2 is smaller than 1.

    Args:
        path: its suffix says which container.
        count: of the frames of videos 1 and 2; those of 2 have the numbers 20 and more.
        default: which video is flagged as default; None leaves it to FFmpeg, which takes the first.
    """
    images = [[numbered(40)], [numbered(n) for n in range(count)], []]
    images[2] = [numbered(20 + n)[:32, :32] for n in range(count)]
    with av.open(str(path), "w") as output:
        streams = []
        for number, (height, width) in enumerate([(48, 64), (48, 64), (32, 32)]):
            stream = output.add_stream("libx264", rate=25)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            if default == number:
                stream.disposition = Disposition.default
            streams.append(stream)
        for stream, pictures in zip(streams, images, strict=True):
            for number, picture in enumerate(pictures):
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
                frame.pts, frame.time_base = number, Fraction(1, 25)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return path


def joined(path: Path, parts: Sequence[float], count: int = 8) -> Path:
    """MPEG-TS files in one, as `cat` joins them: numbered frames, 25 a second.

    Args:
        path: the file.
        parts: the time in seconds at which the clock of each part starts.
        count: of the frames of each part.
    """
    data = b""
    for number, start in enumerate(parts):
        write_clip(
            path,
            [numbered(number * count + n) for n in range(count)],
            times=[Fraction(start) + Fraction(n, 25) for n in range(count)],
            options={"g": "4"},
        )
        data += path.read_bytes()
    path.write_bytes(data)
    return path


def colored(
    path: Path, transfer: int, *, bits: int = 10, white: float = 203.0, level: float = 1.0
) -> Path:
    """A frame of `COLORS` in HDR, lossless: BT.2020 with PQ or HLG, limited range.

    Args:
        path: a Matroska file.
        transfer: PQ or HLG.
        bits: of a sample.
        white: cd/m2 of the white of SDR.
        level: all light is multiplied by this.
    """
    light = (np.array(COLORS) / 255) ** 2.4 * white * level @ _BT709_TO_BT2020.T
    signal = _pq(light) if transfer == PQ else _hlg(light)
    luma = signal @ [0.2627, 0.6780, 0.0593]
    blue, red = (signal[:, 2] - luma) / 1.8814, (signal[:, 0] - luma) / 1.4746
    planes = [16 + 219 * luma, 128 + 224 * blue, 128 + 224 * red]
    samples = [np.rint(plane * 2 ** (bits - 8)).astype(np.uint16) for plane in planes]
    return _lossless(path, samples, f"yuv444p{bits}le", tags=(BT2020, BT2020, transfer))


def deep(path: Path, *, bits: int, full_range: bool, matrix: int) -> Path:
    """A frame of `COLORS` in SDR, lossless, of 10 or 12 bits.

    Args:
        path: a Matroska file.
        bits: of a sample.
        full_range: whether the range is full.
        matrix: AVCOL_SPC of BT.709 (1), BT.601 (6) or BT.2020 (9), which is declared as well.
    """
    kr, kb = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    rgb = np.array(COLORS) / 255
    luma = rgb @ [kr, 1 - kr - kb, kb]
    blue, red = (rgb[:, 2] - luma) / (2 - 2 * kb), (rgb[:, 0] - luma) / (2 - 2 * kr)
    low, span, wide = (0, 255, 255) if full_range else (16, 219, 224)
    scale = (2**bits - 1) / 255 if full_range else 2 ** (bits - 8)
    middle = 2 ** (bits - 1)
    planes = [(low + span * luma) * scale, middle + wide * blue * scale]
    planes.append(middle + wide * red * scale)
    samples = [np.rint(plane.clip(0, 2**bits - 1)).astype(np.uint16) for plane in planes]
    return _lossless(path, samples, f"yuv444p{bits}le", tags=(matrix, 1, 1), full_range=full_range)


def _lossless(
    path: Path,
    samples: Sequence[NDArray[np.uint16]],
    pixels: str,
    *,
    tags: tuple[int, int, int],
    full_range: bool = False,
) -> Path:
    """Writes one frame of 16 rows, 16 columns for each sample.

    Args:
        path: a Matroska file.
        samples: luma, blue and red chroma.
        pixels: pixel format.
        tags: matrix, primaries and transfer.
        full_range: tag of the range.
    """
    frame = av.VideoFrame(16 * len(samples[0]), 16, pixels)
    for plane, row in zip(frame.planes, samples, strict=True):
        rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        rows[:, : plane.width] = row.repeat(16)
        plane.update(rows.tobytes())
    with av.open(str(path), "w") as output:
        stream = output.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, pixels
        context = stream.codec_context
        context.colorspace, context.color_primaries, context.color_trc = tags
        context.color_range = 2 if full_range else 1
        frame.colorspace, frame.color_primaries, frame.color_trc = tags
        frame.color_range = context.color_range
        frame.pts, frame.time_base = 0, Fraction(1, 25)
        output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


# ITU-R BT.2087, table 2
_BT709_TO_BT2020 = np.array(
    [[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]]
)


def _pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signal of light in cd/m2, ITU-R BT.2100 table 4."""
    power = (light / 10_000) ** 0.1593017578125
    value: NDArray[np.float64] = (
        (0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power)
    ) ** 78.84375
    return value


def _hlg(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """The signal of light in cd/m2 on a screen of 1000, ITU-R BT.2100 table 5."""
    shown = light / 1000
    luma = shown @ [0.2627, 0.6780, 0.0593]
    scene = shown * np.maximum(luma, 1e-12)[:, None] ** (1 / 1.2 - 1)
    log = 0.17883277 * np.log(np.maximum(12 * scene - 0.28466892, 1e-12)) + 0.55991073
    return np.where(scene <= 1 / 12, np.sqrt(3 * scene), log)
