"""The real window: a screen in memory, and a mouse and keys that a program moves.

Needs Xvfb and xdotool; `make test-window` runs it.

A user sees what the window shows before doing the next thing, and so does this test: OpenCV keeps
only the last of several keys that come between two looks, and takes mouse events before them.
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

from samtracker.live.controls import Mode
from samtracker.live.window import SIDES
from samtracker.results.overlay import caption
from samtracker.types import Frame, mask_box
from tests.helpers.cameras import Camera
from tests.helpers.cli_tools import SHOTS, start

pytestmark = pytest.mark.window

SCALE = SIDES[0] // 160
"""Screen pixels per pixel of the film, which is smaller than the smallest window."""

PATIENCE = 180.0
"""Seconds after which something will not come any more, however busy the machine is."""

PAUSED = "paused: space goes on"

Found = TypeVar("Found")


class Screen:
    """A screen in memory, of which the program sees the pixels.

    Args:
        folder: Folder that Xvfb keeps the pixels in, as a file in the format of xwd.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / "Xvfb_screen0"
        # A number of its own: servers that choose one while others start and end collide.
        self.display = f":{100 + os.getpid() % 50_000}"
        read, write = os.pipe()
        # Without -noreset the screen would start anew, and drop whoever connects at that moment,
        # whenever its last client leaves: each call of xdotool before the window is open.
        options = ("-noreset", "-fbdir", str(folder), "-screen", "0", "1000x700x24")
        command = ["Xvfb", self.display, "-displayfd", str(write), *options]
        self._server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            assert f":{answer.readline().strip()}" == self.display, "Xvfb has not started"

    def film(self) -> Frame:
        """The upper left part of the screen, where the window is, at the size of the film."""
        data = self._file.read_bytes()
        header = np.frombuffer(data, ">u4", 25)
        size, width, height, line, colors = (int(header[k]) for k in (0, 4, 5, 12, 19))
        pixels = np.frombuffer(data, np.uint8, line * height, size + 12 * colors)
        image = pixels.reshape(height, line // 4, 4)[:, :width, 2::-1]
        rows, columns = SHOTS[0].ids.shape
        return image[SCALE // 2 :: SCALE, SCALE // 2 :: SCALE][:rows, :columns]

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()


@pytest.fixture
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    screen = Screen(tmp_path_factory.mktemp("screen"))
    yield screen
    screen.close()


class Person:
    """Looks at the window, moves the mouse, presses keys, and reads the log of what came of it."""

    def __init__(self, screen: Screen, process: subprocess.Popen[str], log: Path) -> None:
        self._screen = screen
        self._process = process
        self._log = log

    def do(self, *command: object) -> None:
        """Has xdotool do something; it must succeed."""
        subprocess.run(
            ["xdotool", *map(str, command)],
            env={**os.environ, "DISPLAY": self._screen.display},
            check=True,
            stdout=subprocess.DEVNULL,
            timeout=PATIENCE,
        )

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
            assert self._process.poll() is None, self._process.communicate()
            assert time.monotonic() < end, "it does not come"
            time.sleep(0.02)
        return found

    def sees_the_film(self) -> bool:
        """Whether the window shows the first ball."""
        ball = SHOTS[0].mask(1)
        return self._near(SHOTS[0].frame[ball], self._screen.film()[ball])

    def reads(self, line: str) -> bool:
        """Whether the window shows a line of text above that with the numbers."""
        blank = np.full((*SHOTS[0].ids.shape, 3), 255, np.uint8)
        expected = caption(blank.copy(), line, "numbers")
        numbers = caption(blank.copy(), "numbers")
        text = (expected != 255).any(axis=2) & (numbers == 255).all(axis=2)
        text[(numbers != 255).any(axis=(1, 2))] = False
        return self._near(expected[text], self._screen.film()[text])

    def calls(self, name: str) -> list[dict[str, Any]]:
        """All with this name so far."""
        lines = self._log.read_text().split("\n")[1:-1] if self._log.exists() else []
        return [line for line in map(json.loads, lines) if line["call"] == name]

    @staticmethod
    def _near(expected: Frame, shown: Frame) -> bool:
        return float(np.abs(expected.astype(float) - shown).mean()) < 12


def test_an_object_is_boxed_tracked_paused_corrected_and_deleted(
    screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", screen.display)
    monkeypatch.delenv("QT_QPA_PLATFORM", raising=False)
    with Camera([SHOTS[0].frame]) as camera:
        options = ("--size", "128", "--log", "log.jsonl")
        process = start("live", camera.url, *options, folder=tmp_path)
        person = Person(screen, process, tmp_path / "log.jsonl")
        try:
            person.do("search", "--sync", "--onlyvisible", "--name", "^samtrack$")
            person.waits_for(person.sees_the_film)
            x1, y1, x2, y2 = mask_box(SHOTS[0].mask(1)) or (0, 0, 0, 0)
            person.drag(1, (x1 - 3, y1 - 3), (x1 + 20, y1 + 20), (x2 + 2, y2 + 2))
            (first,) = person.waits_for(lambda: person.calls("init"))
            drawn = first["arguments"]["box"]
            assert drawn == pytest.approx((x1 - 3, y1 - 3, x2 + 3, y2 + 3), abs=1.1)
            person.waits_for(lambda: len(person.calls("step")) > 3)
            assert person.calls("step")[-1]["objects"][0]["state"] == "tracking"
            # None of these keys means anything.
            person.do("key", "Left", "Up", "Right", "Page_Up", "shift")
            person.do("key", "space")
            person.waits_for(lambda: person.reads(PAUSED))
            assert list(tmp_path.iterdir()) == [tmp_path / "log.jsonl"]
            steps, sent = len(person.calls("step")), camera.sent
            person.waits_for(lambda: camera.sent > sent + 20)
            assert len(person.calls("step")) == steps
            person.do("key", "c")
            person.waits_for(lambda: person.reads(Mode.CORRECT.value))
            person.drag(3, (x1 + 8, y1 + 20), (x2 - 8, y1 + 20))
            (erased,) = person.waits_for(lambda: person.calls("correct"))
            before = person.calls("step")[-1]["objects"][0]["area"]
            assert 0.2 * before < erased["objects"][0]["area"] < 0.95 * before
            person.do("key", "u")
            undone = person.waits_for(lambda: person.calls("undo"))
            assert undone[0]["objects"][0]["area"] == before
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
            process.communicate()
    assert (process.returncode, out) == (0, "")
    assert "tracked" in err
    assert "Traceback" not in err
