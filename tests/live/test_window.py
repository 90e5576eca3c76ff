"""The real window: a screen in memory, and a mouse and keys that a program moves.

Needs Xvfb and xdotool; `make test-window` runs it.

OpenCV keeps only the last of several keys that come between two looks, and takes mouse events
before them: so the test waits for what a key does, or does it again, before it goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest
from PIL import Image

from samtracker.live.window import SIDES
from samtracker.types import mask_box
from tests.helpers.cameras import Camera
from tests.helpers.cli_tools import SHOTS, start
from tests.helpers.forked import Command

pytestmark = pytest.mark.window

SCALE = SIDES[0] // 160
"""Screen pixels per pixel of the film, which is smaller than the smallest window."""

PATIENCE = 180.0
"""Seconds after which something will not come any more, however busy the machine is."""

Found = TypeVar("Found")


@pytest.fixture
def display() -> Iterator[str]:
    # A number of its own: servers that choose one while others start and end may collide.
    name = f":{100 + os.getpid() % 50_000}"
    read, write = os.pipe()
    # Without -noreset the screen would start anew, and drop whoever connects at that moment,
    # whenever its last client leaves: each call of xdotool before the window is open.
    options = ("-displayfd", str(write), "-noreset", "-screen", "0", "1000x700x24")
    server = subprocess.Popen(["Xvfb", name, *options], pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as answer:
        assert f":{answer.readline().strip()}" == name, "Xvfb has not started"
    yield name
    server.terminate()
    server.wait()


class Person:
    """Moves the mouse and presses keys, and reads the log of what came of it."""

    def __init__(self, display: str, process: Command, log: Path, camera: Camera) -> None:
        self._display = display
        self._process = process
        self._log = log
        self._camera = camera

    def do(self, *command: object) -> str:
        """Has xdotool do something, which must succeed; what it says."""
        done = subprocess.run(
            ["xdotool", *map(str, command)],
            env={**os.environ, "DISPLAY": self._display},
            check=True,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def drag(self, button: int, *places: tuple[float, float]) -> None:
        """Through places of the film, in its pixels."""
        first, *moves = (
            ("mousemove", round(SCALE * (x + 0.5)), round(SCALE * (y + 0.5))) for x, y in places
        )
        others = [word for move in moves for word in move]
        self.do(*first, "mousedown", button, *others, "mouseup", button)

    def waits_for(self, something: Callable[[], Found]) -> Found:
        """What it is, as soon as it is true."""
        end = time.monotonic() + PATIENCE
        while not (found := something()):
            assert self._process.returncode is None, self._process.communicate()
            assert time.monotonic() < end, "it does not come"
            time.sleep(0.02)
        return found

    def calls(self, name: str) -> list[dict[str, Any]]:
        """All with this name so far."""
        lines = self._log.read_text().split("\n")[1:-1] if self._log.exists() else []
        return [line for line in map(json.loads, lines) if line["call"] == name]

    def sees_it_stand_still(self) -> bool:
        """Whether the camera sends frames and none of them is tracked."""
        steps, sent = len(self.calls("step")), self._camera.sent
        self.waits_for(lambda: self._camera.sent > sent + 20)
        return len(self.calls("step")) == steps

    def erases(self, *places: tuple[float, float]) -> list[dict[str, Any]]:
        """Draws with the right button; the corrections so far, as of 30 frames later at most."""
        sent = self._camera.sent
        self.do("key", "c")
        self.drag(3, *places)
        self.waits_for(lambda: self.calls("correct") or self._camera.sent > sent + 30)
        return self.calls("correct")

    def undoes(self) -> int:
        """Takes one correction back; the area of the object then."""
        done = len(self.calls("undo"))
        self.do("key", "u")
        self.waits_for(lambda: len(self.calls("undo")) > done)
        return int(self.calls("undo")[-1]["objects"][0]["area"])


def test_an_object_is_boxed_tracked_paused_corrected_and_deleted(
    display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    with Camera([SHOTS[0].frame]) as camera:
        options = ("--size", "128", "--log", "log.jsonl")
        process = start("live", camera.url, *options, folder=tmp_path)
        person = Person(display, process, tmp_path / "log.jsonl", camera)
        x1, y1, x2, y2 = mask_box(SHOTS[0].mask(1)) or (0, 0, 0, 0)
        try:
            window = person.do("search", "--sync", "--onlyvisible", "--name", "^samtrack$").strip()
            # It gets its size with its first picture.
            size = f"Geometry: {SCALE * 160}x{SCALE * 96}"
            person.waits_for(lambda: size in person.do("getwindowgeometry", window))
            person.drag(1, (x1 - 3, y1 - 3), (x1 + 20, y1 + 20), (x2 + 2, y2 + 2))
            (first,) = person.waits_for(lambda: person.calls("init"))
            drawn = first["arguments"]["box"]
            assert drawn == pytest.approx((x1 - 3, y1 - 3, x2 + 3, y2 + 3), abs=1.1)
            person.waits_for(lambda: len(person.calls("step")) > 3)
            assert person.calls("step")[-1]["objects"][0]["state"] == "tracking"
            # None of these keys means anything.
            person.do("key", "Left", "Up", "Right", "Page_Up", "shift")
            person.do("key", "space")
            person.waits_for(person.sees_it_stand_still)
            assert list(tmp_path.iterdir()) == [tmp_path / "log.jsonl"]
            stroke = ((x1 + 8, y1 + 20), (x2 - 8, y1 + 20))
            erased = person.waits_for(lambda: person.erases(*stroke))[0]
            before = person.calls("step")[-1]["objects"][0]["area"]
            assert 0.2 * before < erased["objects"][0]["area"] < 0.95 * before
            person.waits_for(lambda: person.undoes() == before)
            person.do("key", "s")
            (masks,) = person.waits_for(lambda: list(tmp_path.glob("samtrack-*-masks.png")))
            assert np.count_nonzero(np.asarray(Image.open(masks))) == before
            person.do("key", "d")
            removed = person.waits_for(lambda: person.calls("remove_object"))
            assert removed[0]["objects"] == []
            person.do("key", "q")
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, out) == (0, "")
    assert "tracked" in err
    assert "Traceback" not in err
