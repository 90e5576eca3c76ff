"""Uploads that are no videos, or more than that."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from tests.helpers.page_server import Client


@pytest.mark.parametrize(
    ("name", "content", "status", "reason"),
    [
        ("a.exe", b"MZ", 415, "has no ending of a video"),
        ("a.mp4", b"", 400, "empty"),
        ("a.mp4", b"\0" * 3000, 400, "'a.mp4' is not a video that can be read"),
        ("a.mp4", b"#EXTM3U\n/etc/passwd\n", 400, "is a text"),
        ("a.mp4", b"#EXTM3U\n#\1\n#EXT-X-STREAM-INF:BANDWIDTH=1\n/etc/passwd\n", 400, "is a text"),
        ("a.ts", b"ffconcat version 1.0\nfile /etc/passwd\n", 400, "is a text"),
        ("a.mp4", b"\0" * 1_000_001, 413, "too large"),
    ],
)
def test_what_is_no_video_is_refused(
    client: Client, name: str, content: bytes, status: int, reason: str
) -> None:
    refused = client.ask("PUT", "clip", status=status, params={"name": name}, content=content)
    assert reason in refused["error"]
    assert "/tmp" not in refused["error"]
    assert client.refresh()["clip"] is None


def test_an_upload_of_unknown_length_is_counted(client: Client) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"\0" * 50_000

    client.ask("PUT", "clip", status=413, params={"name": "a.mp4"}, content=endless())


def test_a_picture_larger_than_a_page_shows_is_refused(client: Client) -> None:
    bomb = io.BytesIO()
    Image.new("L", (5000, 3000)).save(bomb, "PNG")
    assert bomb.tell() < 100_000
    refused = client.ask(
        "PUT", "clip", status=400, params={"name": "a.png"}, content=bomb.getvalue()
    )
    assert "5000x3000 pixels" in refused["error"]


def test_a_name_is_never_a_path(client: Client, balls: Path) -> None:
    content = balls.read_bytes()
    for given, shown in (("../../x/a.mp4", "a.mp4"), ("<img src=x>\0.mp4", "_img src_x__.mp4")):
        opened = client.ask("PUT", "clip", params={"name": given}, content=content)
        assert opened["clip"]["name"] == shown
