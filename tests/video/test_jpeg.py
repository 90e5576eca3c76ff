"""JPEG in memory: colors stay, and what is no picture, or too large, is refused."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from samtracker.errors import VideoError
from samtracker.video.jpeg import decode_jpeg, encode_jpeg

RAMP = np.linspace(0, 255, 64).astype(np.uint8)
PICTURE = np.stack(np.broadcast_arrays(RAMP, RAMP[:48, None], np.uint8(40)), axis=2)


def test_a_frame_comes_back() -> None:
    code = encode_jpeg(PICTURE)
    with Image.open(io.BytesIO(code)) as picture:
        assert np.abs(np.asarray(picture).astype(int) - PICTURE).mean() < 4
    back = decode_jpeg(code, most_pixels=64 * 48)
    assert back.dtype == np.uint8
    assert np.abs(back.astype(int) - PICTURE).mean() < 4


def test_a_progressive_gray_one_is_read() -> None:
    code = io.BytesIO()
    Image.fromarray(PICTURE[..., 0]).save(code, "JPEG", progressive=True, quality=95)
    back = decode_jpeg(code.getvalue(), most_pixels=64 * 48)
    assert np.abs(back.astype(int) - PICTURE[..., :1]).mean() < 4


@pytest.mark.parametrize("code", [b"", b"\xff\xd8\xff", b"\x89PNG", encode_jpeg(PICTURE)[:30]])
def test_what_is_no_jpeg_is_refused(code: bytes) -> None:
    with pytest.raises(VideoError, match="no JPEG, or damaged"):
        decode_jpeg(code, most_pixels=10**6)


def test_a_large_one_is_refused() -> None:
    with pytest.raises(VideoError, match="64x48 pixels"):
        decode_jpeg(encode_jpeg(PICTURE), most_pixels=64 * 48 - 1)


def test_one_that_is_made_to_take_long_is_refused() -> None:
    made = io.BytesIO()
    Image.fromarray(PICTURE).save(made, "JPEG", progressive=True)
    code = made.getvalue()
    scan, end = code.rindex(b"\xff\xda"), len(code) - 2
    assert 1 < code.count(b"\xff\xda") < 64
    often = code[:scan] + code[scan:end] * 10_000 + code[end:]
    with pytest.raises(VideoError, match="more than 64 scans"):
        decode_jpeg(often, most_pixels=64 * 48)
