"""Videos in the page: opened, looked at, tracked, corrected, downloaded."""

from __future__ import annotations

import io
import json
import runpy
import sys
import zipfile
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from samtracker.serve.server import Server
from samtracker.video.read import read_frames
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FAST, ROOT, SHOTS, box_of, frames_in, samtrack
from tests.helpers.page_server import Client
from tests.helpers.scenes import iou

BOX = [float(side) for side in box_of(1).split(",")]
OTHER = [float(side) for side in box_of(2).split(",")]


def test_a_video_is_uploaded_and_looked_at(client: Client, balls: Path) -> None:
    clip = client.upload(balls)["clip"]
    assert (clip["name"], clip["width"], clip["height"]) == ("balls.mp4", 160, 96)
    assert (clip["frames"], clip["fps"], clip["failure"]) == (10, 25.0, None)
    frames = frames_in(balls)
    for number in (0, 7):
        answer = client.http.get(f"/api/{client.path(f'frames/{number}')}")
        assert answer.headers["content-type"] == "image/jpeg"
        with Image.open(io.BytesIO(answer.content)) as picture:
            assert np.abs(np.asarray(picture).astype(int) - frames[number]).mean() < 3
    client.ask("GET", client.path("frames/10"), status=404)


def test_a_video_of_the_folder_is_opened(client: Client) -> None:
    assert client.ask("GET", "files")["files"] == ["balls.mp4"]
    opened = client.ask("POST", "clip", json={"file": "balls.mp4"})
    assert opened["clip"]["name"] == "balls.mp4"
    client.ask("POST", "clip", json={"file": "../balls.mp4"}, status=404)


def test_a_tab_that_shows_another_video_changes_nothing(client: Client, balls: Path) -> None:
    client.upload(balls)
    stale = client.path("")
    state = client.ask("POST", "clip", json={"file": "balls.mp4"})  # in another tab
    prompt = {"frame": 0, "points": [[36, 34, 1]]}
    stroke = {"frame": 0, "path": [[40, 40]], "radius": 9}
    requests: tuple[tuple[str, str, Any], ...] = (
        *(("POST", "prompts", prompt), ("POST", "preview", prompt), ("POST", "strokes", stroke)),
        *(("POST", "prompts/next", None), ("POST", "undo", None), ("POST", "redo", None)),
        *(("POST", "track", None), ("DELETE", "track", None), ("DELETE", "objects/1", None)),
        *(("PATCH", "objects/1", {"name": "a"}), ("PUT", "direction", {"direction": "both"})),
    )
    for method, path, body in requests:
        refused = client.ask(method, stale + path, status=404, json=body)
        assert "another video is open" in refused["error"]
    assert client.wait(lambda state: bool(state["clip"]["complete"]))["objects"] == []
    assert client.state["clip"]["id"] == state["clip"]["id"]


def test_masks_are_those_of_the_command_line(client: Client, balls: Path, tmp_path: Path) -> None:
    client.upload(balls)
    client.point(0, box=BOX)
    state = client.point(0, box=OTHER)
    assert state["prompts"] == [
        {"frame": 0, "object": 1, "box": BOX},
        {"frame": 0, "object": 2, "box": OTHER},
    ]
    state = client.track()
    assert [item["lane"] for item in state["objects"]] == ["tttttttttt"] * 2
    assert (state["clean"], state["message"]) == ([0, 9], "")
    command = ("--init-box", box_of(1), "--init-box", box_of(2), "--save", "masks,rle,csv")
    small = (*FAST[2:], "--size", "96", "--weights", "propagation")
    done = samtrack("track", balls, *command, *small, "-o", tmp_path / "out")
    assert done.code == 0, done.err
    with zipfile.ZipFile(io.BytesIO(client.download("masks"))) as archive:
        names = archive.namelist()
        assert names == [f"masks/{number:05d}.png" for number in range(10)]
        for name in names:
            assert archive.read(name) == (tmp_path / "out" / name).read_bytes()
    for form, name in (("rle", "masks.jsonl"), ("csv", "tracks.csv")):
        assert client.download(form) == (tmp_path / "out" / name).read_bytes()


def test_a_correction_changes_what_follows_it(
    client: Client, balls: Path, lite_tracker: MakeTracker
) -> None:
    client.upload(balls)
    client.point(0, box=BOX)
    client.track()
    before = [client.masks(number)[1] for number in range(10)]
    state = client.point(6, 1, points=[[128.0, 10.0, 1]])
    assert state["clean"] == [0, 6]
    assert (client.masks(9)[1] == before[9]).all()  # until it is tracked again
    corrected = client.masks(6)[1]
    assert not (corrected == before[6]).all()
    client.track()
    after = [client.masks(number)[1] for number in range(10)]
    tracker = lite_tracker()
    with read_frames(balls) as frames:
        for number, frame in enumerate(frames):
            if number == 0:
                result = tracker.init(frame.image, box=(BOX[0], BOX[1], BOX[2], BOX[3]))
            else:
                result = tracker.step(frame.image)
            if number == 6:
                result = tracker.correct(frame.image, 1, mask=corrected)
            assert (after[number] == result[1].mask).all(), number
            assert number >= 6 or (after[number] == before[number]).all()
    assert client.edit("POST", "undo")["clean"] == [0, 9]
    assert (client.masks(9)[1] == before[9]).all()
    assert client.edit("POST", "redo")["clean"] == [0, 9]
    assert (client.masks(9)[1] == after[9]).all()
    client.edit("POST", "redo", status=400)


def test_an_object_that_comes_first_later_is_tracked_in_its_turn(
    client: Client, balls: Path
) -> None:
    client.upload(balls)
    client.point(5, box=OTHER)
    client.track()
    client.edit("POST", "undo")
    client.point(4, points=[[50.0, 40.0, 1]])
    state = client.point(0, box=OTHER)
    assert [item["id"] for item in state["objects"]] == [2, 3]
    assert (state["prompted"], state["clean"]) == ([0, 4], [0, 0])
    state = client.track()
    assert [item["lane"] for item in state["objects"]] == ["....tttttt", "tttttttttt"]
    assert iou(client.masks(9)[3], SHOTS[9].mask(2)) > 0.7


def test_objects_are_named_and_removed(client: Client, balls: Path) -> None:
    client.upload(balls)
    client.point(0, box=BOX)
    client.point(0, box=OTHER)
    client.track()
    state = client.edit("PATCH", "objects/2", json={"name": "<script>"})
    assert [item["name"] for item in state["objects"]] == ["", "<script>"]
    kept = client.masks(9)[2]
    state = client.edit("DELETE", "objects/1")
    assert [item["id"] for item in state["objects"]] == [2]
    assert state["clean"] == [0, 9]
    assert client.masks(9).keys() == {2}
    assert (client.masks(9)[2] == kept).all()
    assert client.edit("POST", "undo")["objects"][0]["lane"] == "tttttttttt"
    client.edit("PATCH", "objects/1", json={"name": "x" * 61}, status=422)
    client.edit("PATCH", "objects/7", json={"name": "none"}, status=400)
    client.edit("DELETE", "objects/7", status=400)


def test_the_overlay_has_names_and_all_frames(client: Client, balls: Path, tmp_path: Path) -> None:
    client.upload(balls)
    client.point(2, box=BOX)
    client.track()
    (tmp_path / "overlay.mp4").write_bytes(client.download("overlay"))
    with av.open(str(tmp_path / "overlay.mp4")) as video:
        assert len(list(video.decode(video=0))) == 8
    lines = client.download("rle").decode().splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(2, 10))


def test_a_range_is_tracked_and_downloaded(client: Client, balls: Path, tmp_path: Path) -> None:
    client.upload(balls)
    client.point(0, box=BOX)
    client.edit("POST", "track", json={"last": 6})
    state = client.wait(lambda state: not state["tracking"])
    assert (state["clean"], state["objects"][0]["lane"]) == ([0, 6], "ttttttt...")
    path = client.path("results/coco")
    client.ask("POST", path, json={"first": 2, "last": 4})
    found = json.loads(client.http.get(f"/api/{path}").content)
    assert found["videos"][0]["name"] == "balls.mp4"
    assert len(found["annotations"]) == 3
    client.ask("POST", client.path("results/webm"), json={"first": 2, "last": 8})
    (tmp_path / "cut.webm").write_bytes(
        client.http.get(f"/api/{client.path('results/webm')}").content
    )
    with av.open(str(tmp_path / "cut.webm")) as video:
        assert len(list(video.decode(video=0))) == 5
    refused = client.ask("POST", path, status=400, json={"first": 8, "last": 9})
    assert refused["error"].startswith("nothing is tracked from frame 8 to 9")


def test_masks_before_the_last_change_are_there(client: Client, balls: Path) -> None:
    client.upload(balls)
    client.point(0, box=BOX)
    client.track()
    client.point(6, 1, points=[[128.0, 10.0, 1]])
    before = client.ask("GET", client.path("objects"), params={"first": 6, "before": True})
    now = client.ask("GET", client.path("objects"), params={"first": 6})
    assert before["frames"]["6"][0]["mask"] != now["frames"]["6"][0]["mask"]
    client.edit("POST", "undo")
    assert client.ask("GET", client.path("objects"), params={"first": 6}) == before


def test_nothing_tracked_is_no_result(client: Client, balls: Path) -> None:
    client.upload(balls)
    for form in ("overlay", "masks", "rle", "csv", "alpha", "coco", "webm"):
        refused = client.ask("POST", client.path(f"results/{form}"), status=400)
        assert refused["error"].startswith("nothing is tracked yet")


def test_candidates_come_one_after_the_other(client: Client, balls: Path) -> None:
    client.upload(balls)
    client.edit("POST", "prompts/next", status=400)
    state = client.point(0, points=[[36.0, 34.0, 1]])
    count = state["choice"]["count"]
    first = client.masks(0)[1]
    for number in [*range(2, count + 1), 1]:
        assert client.edit("POST", "prompts/next")["choice"]["number"] == number
    assert (client.masks(0)[1] == first).all()
    state = client.edit("POST", "undo")
    assert (state["undo"], state["objects"]) == (False, [])
    seen = client.edit("POST", "preview", json={"frame": 0, "points": [[36.0, 34.0, 1]]})
    assert set(seen) == {"mask", "score"}
    assert seen["mask"]["box"] is not None
    assert client.refresh()["objects"] == []


def test_the_example_tracks(
    server: Server, balls: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "masks.zip"
    program = str(ROOT / "examples" / "serve_client.py")
    monkeypatch.setattr(sys, "argv", [program, server.address, str(balls), "36,34", str(target)])
    runpy.run_path(program, run_name="__main__")
    with zipfile.ZipFile(target) as archive:
        assert len(archive.namelist()) == 10


def test_a_mask_is_painted_and_erased(client: Client, balls: Path) -> None:
    client.upload(balls)
    body = {"frame": 3, "path": [[20.0, 20.0], [60.0, 20.0]], "radius": 4}
    state = client.edit("POST", "strokes", json=body)
    assert state["prompts"] == [{"frame": 3, "object": 1, "painted": True}]
    painted = client.masks(3)[1]
    assert painted[16:25, 20:61].all()  # 4 pixels above and below
    assert not painted[:14].any()
    assert not painted[27:].any()
    rest = {**body, "object": 1, "path": [[40.0, 20.0]], "radius": 3, "erase": True}
    client.edit("POST", "strokes", json=rest)
    assert not client.masks(3)[1][20, 37:44].any()
    gone = {**body, "object": 1, "radius": 40, "erase": True}
    assert "nothing of the object" in client.edit("POST", "strokes", status=400, json=gone)["error"]
    client.edit("POST", "strokes", status=422, json={**body, "radius": 501})
    client.edit("POST", "strokes", status=400, json={**body, "frame": 10})
    state = client.track()
    assert state["objects"][0]["lane"].startswith("...t")
