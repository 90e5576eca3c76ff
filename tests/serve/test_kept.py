"""Sessions outlive their time in memory, and with a state folder the server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from samtracker.errors import ConfigError
from samtracker.serve import sessions
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.server import Server
from samtracker.serve.snapshot import Snapshot
from samtracker.serve.timeline import History
from samtracker.serve.timeline_file import read_timeline, write_timeline
from samtracker.serve.tracked_pass import Found, TrackedPass, Way
from samtracker.types import State
from tests.conftest import MakeTracker
from tests.helpers.cameras import jpeg
from tests.helpers.cli_tools import FAST, FRAMES, box_of, start, two_balls
from tests.helpers.page_server import PATIENCE, Client, serving
from tests.helpers.served_command import free_port

SMALL = (*FAST, "--weights", "propagation", "--backend", "torch")
BOX = [float(side) for side in box_of(1).split(",")]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def idle(
    lite_tracker: MakeTracker, state: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    """A server that puts every session on the disk at once."""
    monkeypatch.setattr(sessions, "IDLE", 0.3)
    monkeypatch.setattr(sessions, "EVERY", 0.05)
    with serving(lite_tracker(), state=state) as server:
        yield server


def wait_for(ready: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not ready():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_an_idle_session_comes_back_with_all_that_can_be_undone(
    idle: Server, state: Path, balls: Path
) -> None:
    with Client(idle) as client:
        client.upload(balls)
        client.point(0, box=BOX)
        client.track()
        (folder,) = state.iterdir()
        wait_for(lambda: len(list((folder / "states" / "forward").glob("*.safetensors"))) == 2)
        before = client.masks(9)[1]
        client.point(6, 1, points=[[128.0, 10.0, 1]])
        assert (client.masks(9)[1] == before).all()
        state_then = client.track()
        after = client.masks(9)[1]
        wait_for((folder / "states").is_dir)
        again = client.refresh()
        assert {**again, "tracked": None} == {**state_then, "tracked": None}
        assert (client.masks(9)[1] == after).all()
        client.edit("POST", "undo")
        assert (client.masks(9)[1] == before).all()


def test_a_camera_goes_on_where_it_was(idle: Server, state: Path) -> None:
    with Client(idle) as client:
        with client.socket("live") as socket:
            for message in (bytes(8) + jpeg(FRAMES[0]), json.dumps({"do": "point", "box": BOX})):
                socket.send(message)
                socket.recv(timeout=PATIENCE)
            (folder,) = state.iterdir()
            for number in (1, 2):  # the page is left open
                wait_for((folder / "live.safetensors").is_file)
                socket.send(bytes(8) + jpeg(FRAMES[number]))
                assert len(json.loads(socket.recv(timeout=PATIENCE))["objects"]) == 1
        wait_for((folder / "live.safetensors").is_file)
        with client.socket("live") as socket:
            socket.send(bytes(8) + jpeg(FRAMES[3]))
            assert len(json.loads(socket.recv(timeout=PATIENCE))["objects"]) == 1


def test_the_source_goes_on_where_it_was(
    lite_tracker: MakeTracker, state: Path, tmp_path: Path
) -> None:
    def ask(client: Client, *commands: dict[str, Any]) -> dict[str, Any]:
        with client.socket("source") as socket:
            for command in commands:
                socket.send(json.dumps(command))
                found: dict[str, Any] = json.loads(socket.recv(timeout=PATIENCE))
                if command["do"] == "frame":
                    socket.recv(timeout=PATIENCE)
        return found

    port, still = free_port(), two_balls(tmp_path / "still.mkv", [FRAMES[0]] * 100)
    settings: dict[str, Any] = {"state": state, "port": port, "source": str(still)}
    with serving(lite_tracker(), **settings) as server, Client(server) as client:
        assert len(ask(client, {"do": "frame"}, {"do": "point", "box": BOX})["objects"]) == 1
    with serving(lite_tracker(), **settings):
        assert len(ask(client, {"do": "frame"})["objects"]) == 1


def test_a_page_that_is_left_open_is_idle_and_told_when_it_goes_on(
    idle: Server, state: Path, balls: Path
) -> None:
    with Client(idle) as client:
        client.upload(balls)
        client.point(0, box=BOX)
        with client.socket("events") as socket:
            (folder,) = state.iterdir()
            wait_for((folder / "states").is_dir)
            client.edit("POST", "track")
            tracked: list[int] = []
            while len(tracked) < 10:
                message = json.loads(socket.recv(timeout=PATIENCE))
                tracked += [frame for frame, _ in message["tracked"]]
            assert tracked == list(range(10))


def test_a_session_with_nothing_open_waits_until_its_place_is_needed(
    lite_tracker: MakeTracker, state: Path, balls: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "EMPTY", 0.0)
    monkeypatch.setattr(sessions, "IDLE", 0.3)
    monkeypatch.setattr(sessions, "EVERY", 0.05)
    with (
        serving(lite_tracker(), state=state, max_sessions=2) as server,
        Client(server) as empty,
        Client(server) as idle,
    ):
        idle.upload(balls)
        wait_for(lambda: [*state.glob("*/states")])
        empty.ask("GET", "clips/none/frames/0", status=404)  # no such clip, but a session
        with Client(server), Client(server):
            empty.ask("GET", "clips/none/frames/0", status=401)


@contextmanager
def killed(port: int, state: Path) -> Iterator[Client]:
    """Somebody who uses `samtrack serve` in a process of its own, which is killed at the end."""
    options = ("--port", str(port), "--state", str(state), *SMALL)
    process = start("serve", *options, folder=state.parent)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(lambda: answers(address))
        client = Client(address)
        client.refresh()
        yield client
    finally:
        process.kill()
        process.communicate()


def test_a_killed_server_finds_everything_again(
    lite_tracker: MakeTracker, state: Path, balls: Path
) -> None:
    port = free_port()
    with killed(port, state) as client:
        client.upload(balls)
        client.point(0, box=BOX)
        state_then = client.track()
        masks = client.masks(9)[1]
        table = client.download("csv")
        wait_for(lambda: [*state.glob("*/session.npz")])
        (kept,) = state.glob("*/session.npz")
        wait_for(lambda: read_timeline(kept)[0].now.clean == (0, 9))
    with serving(lite_tracker(), state=state, port=port), client:
        assert client.state == state_then
        assert (client.masks(9)[1] == masks).all()
        found = client.http.get(f"/api/{client.path('results/csv')}")  # those from before
        assert found.content == table
        assert client.download("csv") == table


def test_a_server_killed_while_it_tracks_goes_on(
    lite_tracker: MakeTracker, state: Path, tmp_path: Path
) -> None:
    film = two_balls(tmp_path / "long.mp4", [*FRAMES, *FRAMES[-2:0:-1]] * 5)
    last = 18 * 5 - 1
    port = free_port()
    with killed(port, state) as client:
        client.upload(film)
        client.point(0, box=BOX)
        wait_for(lambda: [*state.glob("*/session.npz")])
        (kept,) = state.glob("*/session.npz")
        wait_for(lambda: read_timeline(kept)[0].now.prompts)
        client.edit("POST", "track")
        assert client.wait(lambda state: state["clean"][1] > 2)["tracking"]
    with serving(lite_tracker(), state=state, port=port) as server, client:
        first, reached = client.state["clean"]
        assert (first, client.state["tracking"]) == (0, False)
        assert 0 <= reached < last
        assert client.state["objects"][0]["lane"][: reached + 1] == "t" * (reached + 1)
        client.track()
        with Client(server) as other:
            other.upload(film)
            other.point(0, box=BOX)
            other.track()
            assert client.state["clean"] == other.state["clean"] == [0, last]
            for frame in (reached, reached + 1, last):
                assert (client.masks(frame)[1] == other.masks(frame)[1]).all()


def answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def test_a_folder_is_of_one_server(lite_tracker: MakeTracker, state: Path) -> None:
    with (
        serving(lite_tracker(), state=state),
        pytest.raises(ConfigError, match="is used by another server"),
    ):
        serving(lite_tracker(), state=state)


def test_a_timeline_comes_back(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    masks = [RunLengths.of(random.random((5, 7)) < share) for share in (0, 0.3, 0.6, 1)]
    shown: dict[str, Any] = {"points": [[1.0, 2.0, 1]]}
    prompt = PlacedPrompt(frame=2, object_id=1, mask=masks[1], shown=shown, prior=masks[3])
    found = tuple(
        Found(id=number, mask=mask, score=0.25, state=State.LOST)
        for number, mask in enumerate(masks)
    )
    passes: dict[Way, TrackedPass] = {
        "forward": TrackedPass(way="forward", found={2: found}, clean=2),
        "backward": TrackedPass(way="backward", found={0: found[:1], 2: found}, clean=0),
    }
    first = Snapshot(prompts=(prompt,), names={1: "ball"}, direction="both", passes=passes)
    history = History(now=Snapshot(), undo=(first,), redo=(first, Snapshot()), last_id=3)
    path = tmp_path / "timeline.npz"
    write_timeline(path, history, {"clip": None})
    again, facts = read_timeline(path)
    assert facts == {"clip": None}
    assert (again.last_id, len(again.undo), len(again.redo)) == (3, 1, 2)
    (same,) = again.undo
    assert (same.names, same.direction, same.clean) == ({1: "ball"}, "both", (0, 2))
    assert same.prompts[0].shown == shown
    assert same.passes["backward"].found.keys() == {0, 2}
    for one, mask in zip(same.passes["forward"].at(2), masks, strict=True):
        assert (one.mask.decode() == mask.decode()).all()
        assert (one.mask.box, one.state, one.score) == (mask.box, State.LOST, 0.25)
