"""`samtrack batch` on the process pool: what it says, how it is stopped and killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.helpers.batches import clips, masks_of
from tests.helpers.cli_tools import FAST, FRAMES, first_mask, samtrack, start, two_balls
from tests.helpers.forked import PATIENCE, Command, started

OPTIONS = ("--engine", "processes", *FAST, "--save", "masks,csv,rle")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the user is: two films with their first masks."""
    started()
    monkeypatch.chdir(tmp_path)
    clips(tmp_path, 2)
    return tmp_path


def test_a_table_and_one_line_for_each_failure() -> None:
    first_mask(Path("clips/broken.png"))
    Path("clips/broken.mp4").write_bytes(b"no video")
    two_balls(Path("clips/lonely.mp4"))
    done = samtrack("batch", "clips", "-o", "out", *OPTIONS, "--retries", "0", "--jobs", "2")
    assert done.code == 2
    lines = [line.split() for line in done.out.splitlines()]
    assert lines[0] == ["video", "status", "frames", "fps", "attempts", "states"]
    assert [line[:3] for line in lines[1:]] == [
        ["broken", "failed", "-"],
        ["clip0", "done", "4"],
        ["clip1", "done", "6"],
        ["lonely", "failed", "-"],
    ]
    said = done.err.splitlines()
    assert said[0] == "4 videos, on process pool"
    assert sorted(line[:6] for line in said[1:5]) == ["[1/4] ", "[2/4] ", "[3/4] ", "[4/4] "]
    ended = {name: rest for name, _, rest in (line[6:].partition(": ") for line in said[1:5])}
    assert sorted(ended) == ["broken", "clip0", "clip1", "lonely"]
    assert ended["broken"].startswith("failed: 'clips/broken.mp4' ")
    assert ended["lonely"] == (
        "failed: no prompts for 'clips/lonely.mp4': have lonely.png or lonely.json beside it or in "
        "--prompts-from FOLDER, or name them in a manifest"
    )
    assert said[5:] == [
        "4 videos: 2 failed, 2 done; see out/batch.json and batch.html",
        "Error: not tracked to the end: broken, lonely; the others are, run the same command to "
        "try again",
    ]
    Path("clips/broken.mp4").unlink()
    first_mask(Path("clips/lonely.png"))
    again = samtrack("batch", "clips", "-o", "out", *OPTIONS)
    assert (again.code, again.errors) == (0, [])
    noted = {
        item["name"]: item for item in json.loads(Path("out/batch.json").read_text())["videos"]
    }
    assert {name: item["attempts"] for name, item in noted.items()} == {
        **{"broken": 1, "clip0": 1, "clip1": 1, "lonely": 1},
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--save", "nothing"), "'nothing' does not exist"),
        (("--address", "auto", "--jobs", "2"), "--address is of a cluster: leave --jobs"),
        (("--size", "1"), "size=1"),
        (("--stride", "0"), "stride=0 is not possible"),
        (("--prompts-from", "nowhere"), "'nowhere' cannot be read"),
    ],
)
def test_bad_options_write_nothing(options: tuple[str, ...], said: str) -> None:
    done = samtrack("batch", "clips", "-o", "out", *options)
    assert done.code == 2
    assert said in done.errors[0]
    assert not Path("out").exists()


def test_a_batch_that_is_killed_and_stopped_goes_on(folder: Path) -> None:
    two_balls(folder / "clips" / "clip1.mp4", FRAMES * 4)
    command = ("batch", "clips", "-o", "out", *OPTIONS, "--jobs", "1", "--threads", "1")
    killed = start(*command, folder=folder)
    wait(killed, (folder / "out/clip1.partial/masks/00004.png").exists)
    workers = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    killed.communicate()
    assert psutil.wait_procs(workers, PATIENCE)[1] == []
    before = Path("out/clip0/summary.json").stat().st_mtime_ns

    with ctrl_c_once(folder / "out/clip1.partial/masks/00008.png"):
        stopped = samtrack(*command)
    assert stopped.code == 130
    assert [line.split()[:2] for line in stopped.out.splitlines()[1:]] == [
        ["clip0", "done"],
        ["clip1", "stopped"],
    ]
    assert stopped.err.endswith("stopped: go on with the same command\n")
    assert "Traceback" not in stopped.err

    assert samtrack(*command).code == 0
    assert Path("out/clip0/summary.json").stat().st_mtime_ns == before
    single = samtrack(
        *("track", "clips/clip1.mp4", "--init-mask", "clips/clip1.png", "--threads", "1"),
        *(*OPTIONS[2:], "-o", "single/clip1"),
    )
    assert single.code == 0
    assert masks_of(Path("out"))["clip1"] == masks_of(Path("single"))["clip1"]


@contextmanager
def ctrl_c_once(path: Path) -> Iterator[None]:
    """Presses Ctrl-C in this process as soon as a file is there."""

    def press() -> None:
        while not path.exists() and not over.wait(0.02):
            pass
        if path.exists():
            os.kill(os.getpid(), signal.SIGINT)

    over = threading.Event()
    thread = threading.Thread(target=press)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def wait(command: Command, condition: Callable[[], bool]) -> None:
    """Until the condition holds while the command runs."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert command.returncode is None, command.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
