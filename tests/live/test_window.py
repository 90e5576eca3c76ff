"""The real window: a screen in memory, and a mouse and keys that a program moves.

Needs Xvfb and xdotool; `make test-window` runs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samtracker.live.window import SIDES
from samtracker.types import mask_box
from tests.helpers.cameras import Camera
from tests.helpers.cli_tools import SHOTS, start

pytestmark = pytest.mark.window

SCALE = SIDES[0] / 160
"""Screen pixels per pixel of the film, which is smaller than the smallest window."""

PATIENCE = 60.0

WINDOW = ("search", "--onlyvisible", "--name", "samtrack")


@pytest.fixture
def display() -> Iterator[str]:
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1000x700x24"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    try:
        yield ":" + os.read(read, 16).decode().strip()
    finally:
        server.terminate()
        server.wait()


def until(true: Callable[[], Any]) -> Any:
    """Waits for something, and returns it."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


class Person:
    """Moves the mouse and presses keys, and reads the log of what came of it."""

    def __init__(self, display: str, log: Path) -> None:
        self._env = {**os.environ, "DISPLAY": display}
        self._log = log

    def do(self, *command: object) -> str:
        """What xdotool says; nothing where there is no such window yet."""
        words = ["xdotool", *map(str, command)]
        done = subprocess.run(words, env=self._env, check=False, capture_output=True, text=True)
        return done.stdout

    def drag(self, button: int, *places: tuple[float, float]) -> None:
        """Through places of the film, in its pixels."""
        for number, (x, y) in enumerate(places):
            self.do("mousemove", round(SCALE * (x + 0.5)), round(SCALE * (y + 0.5)))
            time.sleep(0.2)
            if number == 0:
                self.do("mousedown", button)
                time.sleep(0.2)
        self.do("mouseup", button)

    def calls(self, name: str) -> list[dict[str, Any]]:
        """All with this name so far."""
        lines = self._log.read_text().split("\n")[1:-1] if self._log.exists() else []
        return [line for line in map(json.loads, lines) if line["call"] == name]


def test_an_object_is_boxed_tracked_paused_corrected_and_deleted(
    display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    person = Person(display, tmp_path / "log.jsonl")
    with Camera([SHOTS[0].frame]) as camera:
        options = ("--size", "128", "--log", "log.jsonl")
        process = start("live", camera.url, *options, folder=tmp_path)
        try:
            until(lambda: f"Geometry: {SIDES[0]}x" in person.do(*WINDOW, "getwindowgeometry"))
            time.sleep(1)
            x1, y1, x2, y2 = mask_box(SHOTS[0].mask(1)) or (0, 0, 0, 0)
            person.drag(1, (x1 - 3, y1 - 3), (x1 + 20, y1 + 20), (x2 + 2, y2 + 2))
            (first,) = until(lambda: person.calls("init"))
            drawn = first["arguments"]["box"]
            assert drawn == pytest.approx((x1 - 3, y1 - 3, x2 + 3, y2 + 3), abs=1.1)
            until(lambda: len(person.calls("step")) > 3)
            assert person.calls("step")[-1]["objects"][0]["state"] == "tracking"
            person.do(
                "key", "Left", "Up", "Right", "Page_Up", "shift"
            )  # none of them means anything
            person.do("key", "space")
            time.sleep(1)
            assert list(tmp_path.iterdir()) == [tmp_path / "log.jsonl"]
            steps = len(person.calls("step"))
            time.sleep(1)
            assert len(person.calls("step")) == steps
            person.do("key", "c")
            person.drag(3, (x1 + 8, y1 + 20), (x2 - 8, y1 + 20))
            (erased,) = until(lambda: person.calls("correct"))
            before = person.calls("step")[-1]["objects"][0]["area"]
            assert 0.2 * before < erased["objects"][0]["area"] < 0.95 * before
            person.do("key", "u")
            assert until(lambda: person.calls("undo"))[0]["objects"][0]["area"] == before
            person.do("key", "s")
            (masks,) = until(lambda: list(tmp_path.glob("samtrack-*-masks.png")))
            assert np.count_nonzero(np.asarray(Image.open(masks))) == before
            person.do("key", "d")
            assert until(lambda: person.calls("remove_object"))[0]["objects"] == []
            person.do("key", "q")
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert "tracked" in err
    assert "Traceback" not in err
