"""Who gets in, and what an answer says to the browser."""

from __future__ import annotations

import http.client
import re
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from samtracker.errors import ConfigError
from samtracker.serve.config import ServeConfig
from samtracker.serve.server import Server
from tests.conftest import MakeTracker
from tests.helpers.page_server import PATIENCE, Client, serving

TOKEN = "a-token-for-tests"


@pytest.fixture(scope="module")
def guarded(lite_tracker: MakeTracker) -> Iterator[Server]:
    with serving(lite_tracker(), token=TOKEN) as server:
        yield server


def test_a_token_is_made_where_others_can_reach_the_server() -> None:
    assert ServeConfig().with_token().token is None
    assert ServeConfig(host="localhost").with_token().token is None
    assert ServeConfig(host="::1").with_token().token is None
    assert ServeConfig(url="https://tracker.example.org").with_token().token is not None
    made = [ServeConfig(host="0.0.0.0").with_token().token for _ in range(2)]
    assert all(token is not None and len(token) >= 32 for token in made)
    assert made[0] != made[1]
    assert ServeConfig(host="0.0.0.0", token=TOKEN).with_token().token == TOKEN
    assert TOKEN not in repr(ServeConfig(token=TOKEN))


def test_the_link_lets_a_browser_in_and_nothing_else_does(guarded: Server) -> None:
    with httpx.Client(base_url=guarded.address, timeout=PATIENCE) as browser:
        shown = browser.get("/")  # the same for everybody: what one may see it asks for
        assert (shown.status_code, len(browser.cookies)) == (200, 0)
        assert browser.get("/api/session").status_code == 401
        wrong = browser.get("/", params={"token": TOKEN[:-1] + "x"})
        assert (wrong.status_code, len(browser.cookies)) == (401, 0)
        entered = browser.get(guarded.link)
        assert (entered.status_code, entered.headers["location"]) == (303, "/")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert browser.get("/api/session").status_code == 200
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(f"{guarded.address}api/session", headers=bearer).status_code == 200


def test_a_socket_needs_token_and_session(guarded: Server) -> None:
    address = f"{guarded.address}api/live".replace("http", "ws", 1)
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    for headers in ({}, bearer):
        with (
            pytest.raises(InvalidStatus, match="403"),
            connect(address, additional_headers=headers),
        ):
            pass


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "", "localhost.evil.example"]
)
def test_names_that_are_not_ours_are_refused(server: Server, host: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.config.port)
    connection.request("GET", "/api/session", headers={"Host": host})
    answer = connection.getresponse()
    assert (answer.status, b"not reached by that name" in answer.read()) == (403, True)
    connection.close()


ORIGINS = ["http://evil.example", "null", "http://127.0.0.1:1", "http://[", "http://127.0.0.1"]


@pytest.mark.parametrize("origin", ORIGINS)
def test_pages_of_other_sites_are_refused(client: Client, origin: str) -> None:
    for method, path in (("POST", "clip"), ("DELETE", "clips/none/track"), ("GET", "session")):
        answer = client.http.request(method, f"/api/{path}", headers={"Origin": origin})
        assert answer.status_code == 403
    address = f"{client.address}api/events".replace("http", "ws", 1)
    cookies = "; ".join(f"{key}={value}" for key, value in client.http.cookies.items())
    with (
        pytest.raises(InvalidStatus, match="403"),
        connect(address, origin=Origin(origin), additional_headers={"Cookie": cookies}),
    ):
        pass
    own = client.http.get("/api/files", headers={"Origin": client.address[:-1]})
    assert own.status_code == 200


def test_a_proxy_is_the_server(lite_tracker: MakeTracker) -> None:
    with serving(lite_tracker(), url="https://Tracker.example.org:443", token=TOKEN) as server:
        assert server.link == f"https://Tracker.example.org:443/?token={TOKEN}"
        own = f"http://127.0.0.1:{server.config.port}"
        bearer = {"Authorization": f"Bearer {TOKEN}"}

        def status(host: str, origin: str) -> int:
            headers = {**bearer, "Host": host, "Origin": origin}
            return httpx.get(f"{own}/api/files", headers=headers).status_code

        for host in ("tracker.example.org", f"127.0.0.1:{server.config.port}"):
            assert status(host, "https://tracker.example.org") == 200
            for origin in ("http://tracker.example.org", "https://example.org", "null"):
                assert status(host, origin) == (200 if origin == f"http://{host}" else 403)
        assert status("evil.example", "https://tracker.example.org") == 403
        assert httpx.get(f"{own}/api/files").status_code == 401
        for scheme, secure in (("https", True), ("http", False)):
            forwarded = {"X-Forwarded-Proto": scheme}
            entered = httpx.get(f"{own}/?token={TOKEN}", headers=forwarded)
            begun = httpx.get(f"{own}/api/session", headers={**forwarded, **bearer})
            for answer in (entered, begun):
                assert ("; secure" in answer.headers["set-cookie"].lower()) == secure


def test_the_link_of_a_server_for_all_can_be_opened(lite_tracker: MakeTracker) -> None:
    with serving(lite_tracker(), host="0.0.0.0") as server:
        assert "//0.0.0.0" not in server.link
        assert httpx.get(server.link).status_code == 303


def test_nothing_is_loaded_from_elsewhere(client: Client) -> None:
    answer = client.http.get("/")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.findall(r"<script(?![^>]* src=)|\son\w+=|\sstyle=|https?://", answer.text)
    named = re.findall(r'(?:src|href)="(/page/[^"#]+)', answer.text)
    assert named
    for path in named:
        asset = client.http.get(path)
        assert asset.status_code == 200
        assert "http://" not in asset.text.replace("http://www.w3.org/", "")
        assert "https://" not in asset.text
    assert client.http.get("/page/../config.py").status_code == 404
    assert client.http.get("/page/%2e%2e/config.py").status_code == 404
    assert client.http.get("/docs").status_code == 404


def test_every_session_has_its_own_video(server: Server, balls: Path) -> None:
    with Client(server) as one, Client(server) as other:
        one.upload(balls)
        assert other.refresh()["clip"] is None
        other.ask("GET", one.path("frames/0"), status=404)
        with httpx.Client(base_url=server.address, timeout=PATIENCE) as stranger:
            assert stranger.get(f"/api/{one.path('frames/0')}").status_code == 401


def test_a_full_server_says_so(lite_tracker: MakeTracker) -> None:
    with serving(lite_tracker(), max_sessions=1) as server, Client(server) as first:
        answer = httpx.get(f"{server.address}api/session", timeout=PATIENCE)
        assert (answer.status_code, answer.json()["error"][:18]) == (503, "the server is full")
        assert first.refresh()["clip"] is None


def test_settings_that_do_not_fit_are_refused(lite_tracker: MakeTracker, tmp_path: Path) -> None:
    wrong: tuple[dict[str, Any], ...] = (
        *({"port": 70000}, {"max_sessions": 0}, {"max_upload": 0}, {"token": "short"}),
        {"folder": tmp_path / "none"},
        *({"url": wrong} for wrong in ("tracker.example.org", "https://a/b", "ftp://a", "http://")),
    )
    for settings in wrong:
        with pytest.raises(ConfigError):
            ServeConfig(**settings)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port={port} cannot be listened on"):
            serving(lite_tracker(), port=port)


def test_rubbish_harms_nobody(client: Client, server: Server, balls: Path) -> None:
    with Client(server) as bad:
        bad.upload(balls)
        bad.edit("POST", "prompts", status=422, content=b"{")
        refused = bad.http.post(f"/api/{bad.path('prompts')}", content=b"\xff{")
        assert refused.status_code in {400, 422}  # FastAPI's releases differ
        assert "error" in refused.json()
        bad.edit("POST", "prompts", status=422, json={"frame": 0, "points": [[1, 2, 1]] * 65})
        bad.edit("POST", "prompts", status=422, json={"frame": 0, "box": [0, 0, "NaN", 1]})
        bad.edit("POST", "prompts", status=422, json={"frame": 0})
        bad.edit("POST", "prompts", status=400, json={"frame": 99, "points": [[1, 2, 1]]})
        bad.edit("POST", "track", status=400)
        bad.edit("PUT", "direction", status=413, content=b"x" * 2**17)
        bad.ask("GET", "clips/none/frames/0", status=404)
        with bad.socket("live") as socket:
            for rubbish in (b"", b"123", b"\0" * 8 + b"no jpeg", "{", '{"do": "fly"}', "x" * 9999):
                socket.send(rubbish)
                assert "error" in str(socket.recv(timeout=PATIENCE))
            # Too big, as its head says: what came of the rest could cut the server's last word off.
            socket.socket.sendall(struct.pack("!BBQ4x", 0x82, 0xFF, 5 * 2**20))
            with pytest.raises(ConnectionClosed, match="1009"):
                socket.recv(timeout=PATIENCE)
    assert client.refresh()["clip"] is None
