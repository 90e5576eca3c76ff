"""Strangers' files are decoded by a process of its own, whose memory and time have an end."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from PIL import Image

from samtracker.errors import VideoError
from samtracker.serve.guarded_pictures import GuardedPictures
from samtracker.serve.guarded_reader import GuardedReader
from samtracker.video.jpeg import decode_jpeg
from samtracker.video.read import read_frames
from tests.helpers.cameras import jpeg
from tests.helpers.cli_tools import FRAMES
from tests.helpers.page_server import Client


def test_frames_are_those_of_the_file(balls: Path) -> None:
    with read_frames(balls, start=0.1) as expected, GuardedReader(balls, "film", 0.1) as found:
        assert found.info.size == expected.info.size
        pairs = list(zip(found, expected, strict=True))
    assert len(pairs) == 7
    for one, other in pairs:
        assert (one.index, one.time) == (other.index, other.time)
        assert (one.image == other.image).all()


def test_memory_has_an_end(balls: Path) -> None:
    with pytest.raises(VideoError, match="'film'"):
        GuardedReader(balls, "film", memory=300 * 2**20)


def test_time_has_an_end(tmp_path: Path) -> None:
    pipe = tmp_path / "never.mp4"
    os.mkfifo(pipe)  # nobody ever writes to it
    with pytest.raises(VideoError, match="'film' takes too much memory or time"):
        GuardedReader(pipe, "film", patience=0.3)


def test_a_decoder_that_crashes_harms_nothing_else(balls: Path) -> None:
    with GuardedReader(balls, "film") as frames:
        before = {child.pid for child in psutil.Process().children(recursive=True)}
        with GuardedReader(balls, "film") as crashing:
            (child,) = (
                child
                for child in psutil.Process().children(recursive=True)
                if child.pid not in before
            )
            child.kill()
            with pytest.raises(VideoError, match="'film' takes too much"):
                list(crashing)
        assert len(list(frames)) == 10


def test_pictures_of_a_camera_are_those_of_the_jpegs() -> None:
    codes = [jpeg(frame) for frame in FRAMES[:3]]
    with closing(GuardedPictures()) as pictures:
        found = [pictures.decode(code) for code in codes]
        with pytest.raises(VideoError, match="no JPEG, or damaged"):
            pictures.decode(b"rubbish")
        found.append(pictures.decode(codes[0]))
    for picture, code in zip(found, [*codes, codes[0]], strict=True):
        assert (picture == decode_jpeg(code, most_pixels=picture.size)).all()


def test_pictures_that_crash_their_decoder_harm_nothing_else() -> None:
    code = jpeg(FRAMES[0])
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with closing(GuardedPictures()) as pictures, closing(GuardedPictures()) as others:
        expected = others.decode(code)
        known = {child.pid for child in psutil.Process().children(recursive=True)}
        pictures.decode(code)
        (child,) = (
            child for child in psutil.Process().children(recursive=True) if child.pid not in known
        )
        child.kill()
        child.wait()
        with pytest.raises(VideoError, match="'picture of the camera' takes too much"):
            pictures.decode(code)
        assert (pictures.decode(code) == expected).all()
        assert (others.decode(code) == expected).all()
    left = {child.pid for child in psutil.Process().children(recursive=True)}
    assert left - before <= known - before


@pytest.mark.parametrize("limits", [{"memory": 64 * 2**20}, {"patience": 0.0}])
def test_pictures_have_an_end_of_memory_and_time(limits: dict[str, Any]) -> None:
    with (
        closing(GuardedPictures(**limits)) as pictures,
        pytest.raises(VideoError, match="takes too much memory or time"),
    ):
        pictures.decode(jpeg(np.zeros((1080, 1920, 3), np.uint8)))


def _png() -> bytes:
    """A pixel that says that it is ten thousand millions."""
    file = io.BytesIO()
    Image.new("L", (1, 1)).save(file, "PNG")
    content = bytearray(file.getvalue())
    content[16:24] = (100_000).to_bytes(4, "big") * 2
    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    return bytes(content)


def _tiff() -> bytes:
    file = io.BytesIO()
    Image.new("L", (4_000, 4_000)).save(file, "TIFF", compression="tiff_deflate")
    return file.getvalue()


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("video.mp4", bytes(50 * 2**20))
    return file.getvalue()


@pytest.mark.parametrize(("name", "bomb"), [("a.png", _png), ("a.tif", _tiff), ("a.mp4", _zip)])
def test_a_bomb_does_not_go_off(client: Client, name: str, bomb: Callable[[], bytes]) -> None:
    content = bomb()
    assert len(content) < 10**6
    before = psutil.Process().memory_info().rss
    refused = client.ask("PUT", "clip", status=400, params={"name": name}, content=content)
    assert f"'{name}'" in refused["error"]
    assert "/" not in refused["error"]
    assert psutil.Process().memory_info().rss < before + 50 * 2**20
