"""A project opens again in the page and on the command line, with the same masks."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, box_of, samtrack, two_balls
from tests.helpers.page_server import Client, serving

BOX = [float(side) for side in box_of(1).split(",")]
OTHER = [float(side) for side in box_of(2).split(",")]
WEIGHTS = ("--weights", "propagation")


def masks_in(archive: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


@pytest.fixture(scope="module")
def worked(server: Server, balls: Path) -> Iterator[Client]:
    """Two objects, one of them corrected; no test changes them."""
    with Client(server) as client:
        client.upload(balls)
        client.point(1, box=BOX)
        client.point(3, box=OTHER)
        client.edit("PATCH", "objects/1", json={"name": "red"})
        client.track()
        client.point(6, 1, points=[[128.0, 10.0, 1]])
        client.track()
        yield client


@pytest.fixture
def project(worked: Client, tmp_path: Path) -> Path:
    answer = worked.http.get(f"/api/{worked.path('project')}")
    disposition = answer.headers["content-disposition"]
    assert disposition == "attachment; filename*=UTF-8''balls.samtrack"
    path = tmp_path / "balls.samtrack"
    path.write_bytes(answer.content)
    return path


def put(client: Client, path: Path, status: int = 200) -> dict[str, Any]:
    return client.ask(
        "PUT", "project", status=status, params={"name": path.name}, content=path.read_bytes()
    )


def test_the_command_line_tracks_it_to_the_same_masks(
    worked: Client, project: Path, balls: Path, tmp_path: Path
) -> None:
    output = ("--save", "masks,rle", "-o", tmp_path / "out")
    done = samtrack("track", balls, "--project", project, *WEIGHTS, *output)
    assert done.code == 0, done.err
    for name, content in masks_in(worked.download("masks")).items():
        assert (tmp_path / "out" / name).read_bytes() == content, name
    assert '"red"' in (tmp_path / "out" / "masks.jsonl").read_text()


def test_it_opens_in_another_session(
    worked: Client, project: Path, server: Server, balls: Path
) -> None:
    with Client(server) as other:
        state = put(other, project)  # the video is in the folder
        assert state["clip"]["name"] == "balls.mp4"
        assert [item["name"] for item in state["objects"]] == ["red", ""]
        assert (state["clean"], state["undo"]) == ([1, 1], False)
        first = {"frame": 1, "object": 1, "box": BOX}
        assert state["prompts"][0] == first
        other.wait(lambda state: bool(state["clip"]["complete"]))
        other.track()
        assert masks_in(other.download("masks")) == masks_in(worked.download("masks"))


def test_it_is_called_as_the_video_whatever_that_is(
    lite_tracker: MakeTracker, balls: Path, tmp_path: Path
) -> None:
    with serving(lite_tracker(), folder=tmp_path) as server, Client(server) as client:
        for name in ("Мяч 球.mp4", 'a "ball".mp4', "%41;x=é.mp4"):
            (tmp_path / name).write_bytes(balls.read_bytes())
            client.ask("POST", "clip", json={"file": name})
            client.wait(lambda state: bool(state["clip"]["complete"]))
            client.point(0, points=[[36, 34, 1]])
            answer = client.http.get(f"/api/{client.path('project')}")
            kind, _, told = answer.headers["content-disposition"].partition("; filename*=UTF-8''")
            assert (answer.status_code, kind) == (200, "attachment")
            assert unquote(told) == f"{name[:-4]}.samtrack"
            assert not set(told) & set("\";' ")
            assert answer.json()["video"]["name"] == name


def test_what_does_not_fit_is_refused(
    client: Client, project: Path, tmp_path: Path, balls: Path
) -> None:
    film = two_balls(tmp_path / "other.mp4", FRAMES[:4])
    done = samtrack("track", film, "--project", project, *WEIGHTS, "-o", tmp_path / "out")
    assert (done.code, len(done.errors)) == (2, 1)
    assert "is of another video" in done.errors[0]
    done = samtrack("track", balls, "--project", project, "-o", tmp_path / "out")
    assert (done.code, len(done.errors)) == (2, 1)
    assert "was made with other weights" in done.errors[0]
    data = json.loads(project.read_text())
    put(client, project)
    for shown in ({"box": "here"}, {"x": 7}, {"points": [[1, 2]]}):
        odd = json.loads(project.read_text())
        odd["objects"][0]["prompts"][0]["shown"] = shown
        path = tmp_path / "odd.samtrack"
        path.write_text(json.dumps(odd))
        assert "is neither a box nor points" in put(client, path, 400)["error"]
    data["video"] = {"name": "gone.mp4", "sha256": "0"}
    project.write_text(json.dumps(data))
    assert "open that one first" in put(client, project, 400)["error"]
    for damaged in ("{}", "no json", '{"format": "samtracker-project-1", "objects": 3}'):
        project.write_text(damaged)
        refused = put(client, project, 400)["error"]
        assert "'balls.samtrack' cannot be read" in refused
        assert "/" not in refused.replace("docs/formats.md", "")
    assert "no ending of a project" in put(client, balls, 415)["error"]
