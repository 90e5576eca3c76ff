"""The server's own source, which every session tracks for itself."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection

from samtracker.errors import VideoError
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, two_balls
from tests.helpers.page_server import PATIENCE, Client, serving


def ask(socket: ClientConnection, **command: Any) -> dict[str, Any]:
    socket.send(json.dumps(command))
    found: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE))
    return found


def frame(socket: ClientConnection) -> dict[str, Any]:
    found = ask(socket, do="frame")
    with Image.open(io.BytesIO(bytes(socket.recv(timeout=PATIENCE, decode=False)))) as picture:
        assert picture.size == (160, 96)
    return found


def test_everybody_tracks_it_for_himself(lite_tracker: MakeTracker, tmp_path: Path) -> None:
    film = two_balls(tmp_path / "long.mp4", [FRAMES[0]] * 500)  # 20 seconds
    with (
        serving(lite_tracker(), source=str(film)) as server,
        Client(server) as one,
        Client(server) as other,
        one.socket("source") as first,
        other.socket("source") as second,
    ):
        assert one.ask("GET", "files") == {"files": [], "source": True}
        assert frame(first)["objects"] == frame(second)["objects"] == []
        pointed = ask(first, do="point", points=[[36, 34, 1]])
        assert len(pointed["objects"]) == 1
        found = [frame(first) for _ in range(3)]
        assert [item["objects"][0]["state"] for item in found] == ["tracking"] * 3
        times = [item["time"] for item in found]
        assert times == sorted(set(times))
        assert frame(second)["objects"] == []
        assert "not understood" in ask(first, do="fly")["error"]


def test_the_frame_before_is_taken_back_for_whoever_still_looks_at_it(
    lite_tracker: MakeTracker, tmp_path: Path
) -> None:
    film = two_balls(tmp_path / "film.mp4")  # ten frames, in which both balls move
    with (
        serving(lite_tracker(), source=str(film)) as server,
        Client(server) as client,
        client.socket("source") as socket,
    ):
        assert "no frame yet" in ask(socket, do="before")["error"]
        frame(socket)
        there = ask(socket, do="preview", points=[[36, 34, 1]])["mask"]
        frame(socket)
        for _ in range(2):
            again = ask(socket, do="before")
            assert again["objects"] == []
            assert "dropped" not in again
            assert ask(socket, do="preview", points=[[36, 34, 1]])["mask"] == there
        assert frame(socket)["time"] > again["time"]


def test_it_is_opened_again_for_whoever_comes_after_its_end(
    lite_tracker: MakeTracker, balls: Path
) -> None:
    with (
        serving(lite_tracker(), source=str(balls)) as server,
        Client(server) as client,
        client.socket("source") as socket,
    ):
        found: dict[str, Any] = {}
        for _ in range(11):
            found = ask(socket, do="frame")
            if "error" in found:
                break
            socket.recv(timeout=PATIENCE)
        assert found["error"].startswith("the source has ended")
        with Client(server) as other, other.socket("source") as second:
            again = [frame(second), frame(socket)]
        assert min(item["time"] for item in again) > 0
        assert [item["dropped"] for item in again] == [0, 0]


def test_without_one_there_is_none(client: Client, lite_tracker: MakeTracker) -> None:
    assert client.ask("GET", "files")["source"] is False
    with pytest.raises(InvalidStatus, match="403"):
        client.socket("source")
    with pytest.raises(VideoError, match=r"none\.mp4"):
        serving(lite_tracker(), source="none.mp4")
