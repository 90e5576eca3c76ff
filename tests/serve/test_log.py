"""The log tells what happens, a line of JSON each, and nothing of what people have."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import httpx
import pytest

from samtracker.serve.log import json_log
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import box_of
from tests.helpers.page_server import Client, serving

BOX = [float(side) for side in box_of(1).split(",")]
TOKEN = "a-token-of-the-tests"
NAME = "holiday at the sea"


def test_requests_and_events_are_lines_without_contents(
    lite_tracker: MakeTracker, balls: Path, tmp_path: Path
) -> None:
    film = tmp_path / "my private film.mp4"
    film.write_bytes(balls.read_bytes())
    stream = io.StringIO()
    with json_log(stream), serving(lite_tracker(), token=TOKEN) as server:
        httpx.get(server.link)
        httpx.get(f"{server.address}api/session?token={TOKEN}")
        httpx.get(f"{server.address}secret-path", headers={"Authorization": f"Bearer {TOKEN}"})
        client = Client(server)
        client.http.headers["Authorization"] = f"Bearer {TOKEN}"
        with client:
            client.upload(film)
            client.point(0, box=BOX)
            client.edit("PATCH", "objects/1", json={"name": NAME})
            client.track()
            client.download("csv")
            client.edit("PATCH", "objects/7", status=400, json={"name": NAME})
            (secret,) = client.http.cookies.values()
    text = stream.getvalue()
    for hidden in (TOKEN, NAME, "private", "film", "secret-path", secret, "127.0.0.1", "tmp"):
        assert hidden not in text, hidden
    lines = [json.loads(line) for line in text.splitlines()]
    events = [line["event"] for line in lines]
    lines = lines[events.index("started") :]  # the server of other tests may have said something
    assert events[-1] == "stopped"
    (begun,) = (line for line in lines if line["event"] == "session begun")
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["status"], line["route"]) for line in requests[:3]] == [
        (303, None),
        (401, None),
        (404, None),
    ]
    (upload,) = (line for line in requests if line["method"] == "PUT")
    assert upload["route"] == "/api/clip"
    assert (upload["status"], upload["received"]) == (200, film.stat().st_size)
    assert (upload["session"], upload["level"]) == (begun["session"], "info")
    assert upload["ms"] > 0
    assert {"/api/clips/{clip}/objects/{number}", "/api/clips/{clip}/results/{form}"} <= {
        line["route"] for line in requests
    }
    (tracked,) = (line for line in lines if line["event"] == "tracked")
    assert (tracked["frames"], tracked["direction"]) == (10, "forward")
    assert tracked["session"] == begun["session"]


def test_what_libraries_say_is_without_contents() -> None:
    stream = io.StringIO()
    with json_log(stream):
        log = logging.getLogger("uvicorn.error")
        log.warning("too long: %s", "private")
        log.warning("private, too")
        try:
            raise ValueError("private as well")
        except ValueError:
            logging.getLogger("samtracker.video").exception("failed")
    assert "private" not in stream.getvalue()
    first, second, third = map(json.loads, stream.getvalue().splitlines())
    assert (first["message"], first["level"]) == ("too long: %s", "warning")
    assert second["message"].startswith("test_log.py:")
    assert third["error"] == "ValueError"
    assert third["places"][0].endswith("test_what_libraries_say_is_without_contents")


@pytest.mark.parametrize("name", ["samtracker", "uvicorn"])
def test_others_log_as_before_afterwards(name: str) -> None:
    log = logging.getLogger(name)
    before = (log.handlers, log.level, log.propagate)
    with json_log(io.StringIO()):
        assert not log.propagate
    assert (log.handlers, log.level, log.propagate) == before
