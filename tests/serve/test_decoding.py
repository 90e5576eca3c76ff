"""Strangers' files are decoded by a process of its own, whose memory and time have an end."""

from __future__ import annotations

import io
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from PIL import Image

from samtracker.errors import VideoError
from samtracker.serve.guarded_reader import GuardedReader
from samtracker.video.read import read_frames
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
