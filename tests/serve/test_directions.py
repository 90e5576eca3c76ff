"""The page tracks to the frames before the prompts as well, as the command line does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from samtracker.serve.server import Server
from tests.helpers.cli_tools import SHOTS, box_of, samtrack
from tests.helpers.page_server import Client

FIRST, LAST = 2, 7
"""Frames in which object 1 is shown; object 2 is shown in `OTHER`."""

OTHER = 4
WEIGHTS = ("--weights", "propagation")


def box(number: int, frame: int) -> list[float]:
    return [float(side) for side in box_of(number, SHOTS[frame]).split(",")]


def direct(client: Client, direction: str) -> dict[str, Any]:
    return client.edit("PUT", "direction", json={"direction": direction})


def point_everywhere(client: Client) -> None:
    client.point(FIRST, box=box(1, FIRST))
    client.point(OTHER, box=box(2, OTHER))
    client.point(LAST, 1, box=box(1, LAST))


@pytest.fixture(scope="module")
def worked(server: Server, balls: Path) -> Iterator[Client]:
    """Two objects, one of them shown twice; tests change the direction and nothing else."""
    with Client(server) as client:
        client.upload(balls)
        point_everywhere(client)
        yield client


def saved(client: Client, path: Path) -> Path:
    path.write_bytes(client.http.get(f"/api/{client.path('project')}").content)
    return path


def objects(client: Client) -> dict[str, Any]:
    """The objects of all frames, with their masks."""
    found: dict[str, Any] = client.ask(
        "GET", client.path("objects"), params={"first": 0, "count": 10}
    )["frames"]
    return found


@pytest.mark.parametrize(
    ("direction", "lanes"),
    [
        ("backward", ["tttttttt..", "ttttt....."]),
        ("both", ["tttttttttt", "tttttttttt"]),
    ],
)
def test_masks_are_those_of_the_command_line(
    worked: Client, balls: Path, tmp_path: Path, direction: str, lanes: list[str]
) -> None:
    frames = [number for number, letter in enumerate(lanes[0]) if letter != "."]
    assert direct(worked, direction)["direction"] == direction
    state = worked.track()
    assert (state["clean"], state["message"]) == ([frames[0], frames[-1]], "")
    assert [item["lane"] for item in state["objects"]] == lanes
    project = saved(worked, tmp_path / "balls.samtrack")
    assert json.loads(project.read_text())["settings"]["direction"] == direction
    out = tmp_path / "out"
    options = ("--save", "rle,csv", "-o", out, *WEIGHTS)
    done = samtrack("track", balls, "--project", project, *options)
    assert done.code == 0, done.err
    assert worked.download("rle") == (out / "masks.jsonl").read_bytes()
    assert worked.download("csv") == (out / "tracks.csv").read_bytes()


def test_the_direction_of_a_project_may_be_another(
    worked: Client, balls: Path, server: Server, tmp_path: Path
) -> None:
    direct(worked, "backward")
    project = saved(worked, tmp_path / "balls.samtrack")
    with Client(server) as other:
        state = other.ask(
            "PUT", "project", params={"name": project.name}, content=project.read_bytes()
        )
        assert (state["direction"], state["clean"]) == ("backward", [LAST, LAST])
    options = ("--direction", "forward", "--save", "csv", "-o", tmp_path / "out", *WEIGHTS)
    assert samtrack("track", balls, "--project", project, *options).code == 0
    first, *_ = (tmp_path / "out" / "tracks.csv").read_text().splitlines()[1:]
    assert first.startswith(f"{FIRST},")
    data = json.loads(project.read_text())
    data["settings"]["direction"] = "sideways"
    project.write_text(json.dumps(data))
    done = samtrack("track", balls, "--project", project, "-o", tmp_path / "none", *WEIGHTS)
    assert (done.code, len(done.errors)) == (2, 1)
    assert "direction sideways is none of forward, backward, both" in done.errors[0]


def test_a_correction_tracks_again_what_depends_on_it(client: Client, balls: Path) -> None:
    client.upload(balls)
    point_everywhere(client)
    direct(client, "both")
    client.track()
    begin = objects(client)
    state = client.point(6, 2, points=[[128.0, 10.0, 1]])
    assert (state["forward"], state["backward"]) == (6, 6)
    assert state["clean"] is None  # all that lies between prompts may change
    assert objects(client)["9"] == begin["9"]  # until it is tracked again
    with client.socket("events") as events:
        client.track()
        tracked: set[int] = set()
        while tracked != set(range(10)):
            told = json.loads(events.recv(timeout=60))
            tracked |= {frame for frame, _ in told["tracked"]}
    corrected = objects(client)
    assert corrected["9"] != begin["9"]
    assert client.edit("POST", "undo")["clean"] == [0, 9]
    assert objects(client) == begin
    client.edit("POST", "redo")
    project = client.http.get(f"/api/{client.path('project')}").content
    state = client.ask("PUT", "project", params={"name": "a.samtrack"}, content=project)
    assert (state["forward"], state["backward"]) == (FIRST, LAST)
    client.track()  # all of it
    # In a project the ids are those in which objects start, which are the same here.
    assert objects(client) == corrected


def test_an_earlier_prompt_may_change_the_order_of_objects(client: Client, balls: Path) -> None:
    client.upload(balls)
    client.point(5, box=box(1, 5))
    client.point(5, box=box(2, 5))
    direct(client, "backward")
    assert client.track()["clean"] == [0, 5]
    assert client.point(3, 1, box=box(1, 3))["clean"] == [3, 5]  # 1 still comes first
    assert client.point(2, 2, box=box(2, 2))["clean"] == [5, 5]  # a stream begins with 2 now


def test_marks_end_a_pass_backward(client: Client, balls: Path) -> None:
    client.upload(balls)
    client.point(6, box=box(1, 6))
    direct(client, "backward")
    client.edit("POST", "track", json={"first": 3})
    state = client.wait(lambda state: not state["tracking"])
    assert (state["clean"], state["objects"][0]["lane"]) == ([3, 6], "...tttt...")
    state = direct(client, "both")  # what is tracked backward is there
    assert (state["clean"], state["forward"], state["backward"]) == ([3, 6], 6, 3)
    client.edit("PUT", "direction", status=422, json={"direction": "sideways"})


def test_prompts_of_a_frame_do_not_overlap(client: Client, balls: Path) -> None:
    """What is given last has the pixels, here and in the project, whatever comes first there."""
    client.upload(balls)
    client.edit("POST", "strokes", json={"frame": 1, "path": [[40, 40]], "radius": 9})
    client.edit("POST", "strokes", json={"frame": 1, "path": [[54, 40]], "radius": 9})
    body = {"frame": 1, "object": 1, "path": [[50, 40]], "radius": 3}
    client.edit("POST", "strokes", json=body)
    shown = client.masks(1)
    assert shown[1][40, 53]
    client.track()
    tracked = client.masks(1)
    assert all((tracked[number] == shown[number]).all() for number in (1, 2))
