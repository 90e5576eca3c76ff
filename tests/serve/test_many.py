"""Several sessions at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from samtracker.jobs.threads import torch_threads
from samtracker.serve.server import Server
from samtracker.tracker import Tracker
from tests.helpers.cameras import jpeg
from tests.helpers.cli_tools import FRAMES, box_of
from tests.helpers.page_server import PATIENCE, Client, serving
from tests.helpers.threads import at_once

BOX = [float(side) for side in box_of(1).split(",")]
HEAD = bytes(8)


def test_sessions_take_turns(server: Server) -> None:
    counts: dict[str, int] = {}
    over = threading.Event()

    def work(name: str) -> None:
        with Client(server) as client, client.socket("live") as socket:
            socket.send(HEAD + jpeg(FRAMES[0]))
            socket.recv(timeout=PATIENCE)
            socket.send(json.dumps({"do": "point", "box": BOX}))
            socket.recv(timeout=PATIENCE)
            ready.wait()
            counts[name] = 0
            while not over.is_set():
                socket.send(HEAD + jpeg(FRAMES[counts[name] % 10]))
                assert "error" not in json.loads(socket.recv(timeout=PATIENCE))
                counts[name] += 1
                if counts[name] == 20:
                    over.set()

    ready = threading.Barrier(3)
    at_once(*(lambda name=name: work(name) for name in "abc"))
    assert min(counts.values()) / max(counts.values()) > 0.8


def test_a_flood_of_one_is_refused_and_the_other_served(server: Server, balls: Path) -> None:
    with Client(server) as flooding, Client(server) as other:
        flooding.upload(balls)
        other.upload(balls)
        codes: list[int] = []
        body = {"frame": 0, "points": [[36, 34, 1]]}

        def flood() -> None:
            cookies = dict(flooding.http.cookies)
            with httpx.Client(base_url=server.address, cookies=cookies, timeout=60) as http:
                codes.append(http.post(f"/api/{flooding.path('preview')}", json=body).status_code)

        served: list[int] = []
        calls = [flood for _ in range(20)]
        at_once(*calls, lambda: served.append(len(other.point(0, box=BOX)["objects"])))
        assert served == [1]
        assert set(codes) == {200, 400}


@pytest.mark.usefixtures("kept_graphs")
def test_sessions_that_are_computed_together_get_what_each_gets_alone(balls: Path) -> None:
    tracker = Tracker.from_pretrained(device="cpu", backend="openvino", size=96)
    with torch_threads(2), serving(tracker, folder=balls.parent) as server:

        def track(client: Client) -> list[bytes]:
            client.refresh()
            client.upload(balls)
            client.point(0, box=BOX)
            client.track()
            return [mask.tobytes() for frame in range(10) for mask in client.masks(frame).values()]

        with Client(server) as one, Client(server) as other, Client(server) as alone:
            found: dict[str, list[bytes]] = {}
            at_once(lambda: found.update(one=track(one)), lambda: found.update(other=track(other)))
            assert len(found["one"]) == 10
            assert found["one"] == found["other"] == track(alone)
