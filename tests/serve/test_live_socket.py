"""Live tracking through a WebSocket, as the page does it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection

from samtracker.serve.sockets import HEAD
from samtracker.types import Frame
from tests.conftest import MakeTracker
from tests.helpers.cameras import jpeg
from tests.helpers.cli_tools import FRAMES, SHOTS, box_of
from tests.helpers.page_server import PATIENCE, Client, decoded
from tests.helpers.scenes import iou

BOX = [float(side) for side in box_of(1).split(",")]


def send(socket: ClientConnection, frame: Frame, time: float = 0.0) -> dict[str, Any]:
    socket.send(HEAD.pack(time) + jpeg(frame))
    return answer(socket)


def order(socket: ClientConnection, **command: Any) -> dict[str, Any]:
    socket.send(json.dumps(command))
    return answer(socket)


def answer(socket: ClientConnection) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE))
    return found


def test_objects_are_pointed_at_tracked_and_changed(client: Client) -> None:
    with client.socket("live") as socket:
        assert send(socket, FRAMES[0]) == {
            "time": 0.0,
            "seconds": 0.0,
            "objects": [],
            "choice": None,
        } | {"seconds": pytest.approx(0, abs=20)}
        seen = order(socket, do="preview", box=BOX)
        assert seen["objects"] == []
        pointed = order(socket, do="point", box=BOX)
        assert pointed["objects"][0]["state"] == "tracking"
        assert pointed["objects"][0]["mask"] == seen["mask"]
        for number in range(1, 6):
            found = send(socket, FRAMES[number], number / 25)
        assert found["time"] == 0.2
        (item,) = found["objects"]
        assert iou(decoded(item["mask"], (96, 160)), SHOTS[5].mask(1)) > 0.8
        clicked = order(socket, do="point", object=1, points=[[56, 39, 1], [150, 10, 0]])
        assert clicked["choice"]["number"] == 1
        assert order(socket, do="rename", object=1, name="ball")["objects"][0]["name"] == "ball"
        assert order(socket, do="remove", object=1)["objects"] == []
        assert send(socket, FRAMES[6])["objects"] == []
        assert len(order(socket, do="undo")["objects"]) == 1
        assert "error" in order(socket, do="remove", object=9)
        assert order(socket, do="reset")["objects"] == []
        assert "error" in order(socket, do="point", box=BOX)  # before a frame


def test_clicks_that_begin_anew_correct_the_mask_that_is_there(client: Client) -> None:
    with client.socket("live") as socket:
        send(socket, FRAMES[0])
        order(socket, do="point", points=[[36, 34, 1]])
        (item,) = order(socket, do="point", object=1, points=[[150, 90, 0]])["objects"]
        assert iou(decoded(item["mask"], (96, 160)), SHOTS[0].mask(1)) > 0.8


def test_objects_are_painted_and_erased(client: Client) -> None:
    with client.socket("live") as socket:
        send(socket, FRAMES[0])
        line = {"path": [[20, 30], [59, 30]], "radius": 0}
        (item,) = order(socket, do="paint", **line)["objects"]
        assert np.argwhere(decoded(item["mask"], (96, 160))).tolist() == [
            [30, x] for x in range(20, 60)
        ]
        rubber = {"path": [[40, 30], [70, 30]], "radius": 0, "erase": True}
        (item,) = order(socket, do="paint", object=1, **rubber)["objects"]
        assert decoded(item["mask"], (96, 160)).sum() == 20
        assert "nothing of the object" in order(socket, do="paint", **rubber)["error"]
        assert "error" in order(socket, do="paint", object=9, **line)
        assert send(socket, FRAMES[1])["objects"][0]["id"] == 1


def test_a_stream_goes_on_when_the_socket_is_opened_again(client: Client) -> None:
    with client.socket("live") as socket:
        send(socket, FRAMES[0])
        order(socket, do="point", box=BOX)
    with client.socket("live") as socket:
        assert len(send(socket, FRAMES[1])["objects"]) == 1
        assert send(socket, FRAMES[2][:64])["objects"] == []  # of another size: anew


def test_a_stream_belongs_to_the_socket_that_was_opened_last(client: Client) -> None:
    with client.socket("live") as first:
        send(first, FRAMES[0])
        order(first, do="point", box=BOX)
        with client.socket("live") as second, client.socket("events"):
            with pytest.raises(ConnectionClosedError) as closing:
                first.recv(timeout=PATIENCE)
            assert closing.value.rcvd is not None
            assert closing.value.rcvd.code == 4001
            assert len(send(second, FRAMES[1])["objects"]) == 1
            with client.socket("live") as third:
                assert len(send(third, FRAMES[2])["objects"]) == 1


def test_an_object_that_is_gone_is_lost(client: Client, lite_tracker: MakeTracker) -> None:
    wall = np.full_like(FRAMES[0], 120)
    with client.socket("live") as socket:
        send(socket, FRAMES[0])
        order(socket, do="point", box=BOX)
        states = [send(socket, wall)["objects"][0] for _ in range(4)]
    assert states[-1]["state"] == "lost"
    assert states[-1]["mask"] == {"box": None, "runs": []}


def test_a_picture_that_pretends_to_be_huge_is_refused(client: Client) -> None:
    code = bytearray(jpeg(FRAMES[0]))
    place = code.index(b"\xff\xc0")
    code[place + 5 : place + 9] = b"\xff\xdc\xff\xdc"
    with client.socket("live") as socket:
        socket.send(HEAD.pack(0) + bytes(code))
        assert "65500x65500 pixels" in answer(socket)["error"]


def test_events_tell_of_every_frame(client: Client, balls: Any) -> None:
    with client.socket("events") as socket:
        client.upload(balls)
        client.point(0, box=BOX)
        client.edit("POST", "track")
        tracked: list[Any] = []
        while len(tracked) < 10:
            message = answer(socket)
            tracked += message["tracked"]
    assert tracked == [[number, {"1": "t"}] for number in range(10)]
    assert message["clip"]["frames"] == 10
