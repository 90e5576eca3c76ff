"""A server of the page on this machine, and somebody who uses it over HTTP."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import httpx
import numpy as np
from websockets.sync.client import ClientConnection, connect

from samtracker.serve.config import ServeConfig
from samtracker.serve.server import Server
from samtracker.tracker import Tracker
from samtracker.types import Mask

PATIENCE = 60.0
"""Seconds after which what does not happen has failed."""


class Client:
    """Somebody with a session of a server."""

    def __init__(self, server: Server | str) -> None:
        self.address = server if isinstance(server, str) else server.address
        self.http = httpx.Client(base_url=self.address, timeout=PATIENCE)
        self.state: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.refresh()
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def ask(self, method: str, path: str, *, status: int = 200, **content: Any) -> dict[str, Any]:
        """Sends a request that has an answer in JSON."""
        answer = self.http.request(method, f"/api/{path}", **content)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def edit(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        """Sends a request that is of the clip that is open."""
        return self.ask(method, self.path(path), **content)

    def refresh(self) -> dict[str, Any]:
        """Asks for all that is known of the session."""
        self.state = self.ask("GET", "session")
        return self.state

    def upload(self, path: Path) -> dict[str, Any]:
        """Opens a video, and waits until all of it is read."""
        self.ask("PUT", "clip", params={"name": path.name}, content=path.read_bytes())
        return self.wait(lambda state: bool(state["clip"]["complete"]))

    def point(self, frame: int, object_id: int | None = None, **shown: Any) -> dict[str, Any]:
        """Points at something in a frame."""
        body = {"frame": frame, "object": object_id, **shown}
        self.state = self.edit("POST", "prompts", json=body)
        return self.state

    def track(self) -> dict[str, Any]:
        """Tracks to the end."""
        self.edit("POST", "track")
        return self.wait(lambda state: not state["tracking"])

    def wait(self, ready: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Asks until something is so."""
        end = time.monotonic() + PATIENCE
        while not ready(self.refresh()):
            assert time.monotonic() < end, self.state
            time.sleep(0.02)
        return self.state

    def path(self, rest: str) -> str:
        """The path of something of the clip that is open."""
        return f"clips/{self.state['clip']['id']}/{rest}"

    def masks(self, frame: int) -> dict[int, Mask]:
        """The masks of a frame by object id."""
        size = (self.state["clip"]["height"], self.state["clip"]["width"])
        found = self.ask("GET", self.path("objects"), params={"first": frame})
        objects = found["frames"][str(frame)]
        return {item["id"]: decoded(item["mask"], size) for item in objects}

    def download(self, form: str) -> bytes:
        """Results as a file."""
        self.ask("POST", self.path(f"results/{form}"))
        answer = self.http.get(f"/api/{self.path(f'results/{form}')}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["content-disposition"]
        return answer.content

    def socket(self, name: str) -> ClientConnection:
        """Opens a WebSocket."""
        cookies = "; ".join(f"{key}={value}" for key, value in self.http.cookies.items())
        return connect(
            f"{self.address}api/{name}".replace("http", "ws", 1),
            additional_headers={"Cookie": cookies},
            open_timeout=PATIENCE,
        )


def decoded(sent: dict[str, Any], size: tuple[int, int]) -> Mask:
    """The mask that run lengths stand for, pixel by pixel."""
    mask = np.zeros(size, bool)
    if sent["box"] is None:
        return mask
    left, top, width, _ = sent["box"]
    place, inside = 0, False
    for length in sent["runs"]:
        for pixel in range(place, place + length) if inside else ():
            mask[top + pixel // width, left + pixel % width] = True
        place, inside = place + length, not inside
    return mask


def serving(tracker: Tracker, **settings: Any) -> Server:
    """A server on a free port."""
    return Server(ServeConfig(**{"port": 0, **settings}), tracker)
