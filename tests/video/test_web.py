"""What lies at web addresses that are no video."""

from __future__ import annotations

from pathlib import Path

import pytest

from samtracker.errors import VideoError
from samtracker.video.read import read_frames
from tests.helpers.web_server import WebServer

PAGE = "<!DOCTYPE html>\n<html><head><title>Balls</title></head><body>A player.</body></html>"


@pytest.mark.parametrize("name", ["watch", "page.html", "clip.mp4", "list.m3u8"])
@pytest.mark.parametrize("page", [PAGE, "\ufeff\n<!-- 1 --><HTML lang=en><body></body></HTML>"])
def test_a_web_page_is_no_video(tmp_path: Path, name: str, page: str) -> None:
    (tmp_path / name).write_text(page, "utf-8")
    with WebServer(tmp_path) as server:
        for source in (f"{server.url}{name}", tmp_path / name):
            with pytest.raises(VideoError, match="is a web page, not a video: give the address"):
                read_frames(source)


def test_what_a_server_refuses_is_not_asked_for_again(tmp_path: Path) -> None:
    with WebServer(tmp_path) as server:
        with pytest.raises(VideoError, match=r"cannot be opened \(Server returned 404 Not Found\)"):
            read_frames(f"{server.url}none.mp4")
        assert server.requests == {"/none.mp4": 1}
