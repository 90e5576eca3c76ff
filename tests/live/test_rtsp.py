"""RTSP, from a real server on this machine; `make test-streams` runs it.

Needs GStreamer's RTSP server for the system's python3: see `.ci/run`.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from samtracker.types import Frame
from samtracker.video.live_source import LiveSource
from samtracker.video.read import read_frames
from tests.helpers.cli_tools import FAST, FRAMES, ROOT, box_of, samtrack, start
from tests.helpers.forked import Command

pytestmark = pytest.mark.streams

LARGE = [
    np.asarray(Image.fromarray(frame).resize((240, 144), Image.Resampling.NEAREST))
    for frame in FRAMES
]


class Server:
    """An RTSP server in a process of its own; see tests/helpers/rtsp_server.py.

    Attributes:
        url: of its stream.
    """

    def __init__(self, folder: Path, *options: str) -> None:
        script = ROOT / "tests" / "helpers" / "rtsp_server.py"
        self._process = subprocess.Popen(
            ["/usr/bin/python3", str(script), str(folder), *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.url = self.read()

    def read(self) -> str:
        """The next line that it prints."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, "the server has ended"
        return line

    def kill(self) -> None:
        """Ends it as a power cut does."""
        with self._process:
            self._process.kill()


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[Server]:
    server = Server(folder, *options)
    try:
        yield server
    finally:
        server.kill()


def pictures(folder: Path, frames: Sequence[Frame]) -> Path:
    """Writes frames for the server."""
    folder.mkdir()
    for number, frame in enumerate(frames):
        Image.fromarray(frame).save(folder / f"{number:03d}.png")
    return folder


@pytest.fixture(scope="module")
def balls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film of two balls, a keyframe at its start."""
    return pictures(tmp_path_factory.mktemp("rtsp") / "balls", FRAMES)


def shows(image: Frame, frames: Sequence[Frame] = FRAMES) -> int | None:
    """The number of the frame that this is; None if it is damaged."""
    errors = [np.abs(image.astype(int) - frame).mean() for frame in frames]
    best = int(np.argmin(errors))
    return best if errors[best] < 5 else None


@pytest.mark.parametrize(
    ("options", "transport"),
    [((), "tcp"), (("--transport", "tcp"), "tcp"), (("--transport", "udp"), "udp")],
)
def test_frames_come_over_tcp_or_else_udp(
    balls: Path, options: tuple[str, ...], transport: str
) -> None:
    with serving(balls, *options) as server, read_frames(server.url) as frames:
        assert (frames.is_live, frames.info.size, frames.info.fps) == (True, (96, 160), 25.0)
        numbers = [shows(frame.image) for frame in islice(frames, 25)]
        first = numbers[0]
        assert first is not None
        assert numbers == [(first + number) % 10 for number in range(25)]
        assert server.read() == f"sends over {transport}"


def test_a_lost_keyframe_costs_the_frames_until_the_next(balls: Path) -> None:
    with serving(balls, "--lose", "3") as server, read_frames(server.url) as frames:
        seen = [(frame.time, shows(frame.image)) for frame in islice(frames, 60)]
    before = next(number for number, (time, _) in enumerate(seen) if time - seen[0][0] > 0.75)
    right = [number for _, number in seen if number is not None]
    assert right == [number % 10 for number in range(len(right))]
    assert len(right) >= len(seen) - 1  # FFmpeg holds back all frames of the group but one
    assert seen[before][0] - seen[before - 1][0] > 0.3


def until(source: LiveSource, wanted: Callable[[Frame], bool]) -> Frame:
    """The first frame that is as wanted."""
    while not source.ended:
        frame = source.read(1.0)
        if frame is not None and wanted(frame.image):
            return frame.image
    raise AssertionError(f"the source has ended: {source.failure}")


def test_a_stream_that_changes_its_size_is_scaled_to_its_first(tmp_path: Path) -> None:
    folder = pictures(tmp_path / "growing", [*FRAMES * 3, *LARGE * 3])
    with serving(folder) as server:
        with LiveSource(server.url) as source:
            assert source.size == (96, 160)
            while source.sent_size != (144, 240):
                assert until(source, lambda _: True).shape == (96, 160, 3)
            large = until(source, lambda image: shows(image) is not None)
            assert large.shape == (96, 160, 3)
            assert source.reconnects == 0
        command = ("track", server.url, "--init-box", box_of(1), "--size", "64")
        done = samtrack(*command, "--output", tmp_path / "out", "--save", "csv")
    assert done.code == 2
    assert "the frame is 240x144 but the stream is 160x96" in done.errors[0]
    assert json.loads(done.out)["frames"] == 30


def lines(process: Command) -> Iterator[dict[str, Any]]:
    """What `live --headless` prints."""
    return map(json.loads, process.stdout)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_server_that_dies_is_waited_for(tmp_path: Path, transport: str) -> None:
    folder = pictures(tmp_path / "still", FRAMES[:1] * 10)  # what comes back is where it was
    with serving(folder, "--transport", transport) as server:
        port = server.url.partition("127.0.0.1:")[2].partition("/")[0]
        options = ("--headless", "--init-box", box_of(1), *FAST)
        process = start("live", server.url, *options, folder=tmp_path)
        found = lines(process)
        assert next(line for line in found if line["frame"] > 3)["reconnects"] == 0
        server.kill()
        assert process.stderr.readline() == "no frames for 2 s: waiting for the source\n"
        with serving(folder, "--transport", transport, "--port", port):
            line = next(line for line in found if line["reconnects"] > 0)
            line = next(found)
            assert [item["id"] for item in line["objects"]] == [1]
            assert line["objects"][0]["state"] == "tracking"
            process.send_signal(signal.SIGINT)
            _, err = process.communicate()
    assert "frames come again after" in err
    assert f"connected again {line['reconnects']} times" in err


def test_a_server_that_stays_away_is_the_end(tmp_path: Path, balls: Path) -> None:
    with serving(balls) as server:
        record = tmp_path / "record.mp4"
        options = ("--headless", "--init-box", box_of(1), "--record", record, "--give-up", "1")
        process = start("live", server.url, *options, *FAST, folder=tmp_path)
        assert next(line for line in lines(process) if line["frame"] > 3)
        server.kill()
        _, err = process.communicate()
    assert process.returncode == 2
    assert f"recorded {record}" in err
    assert err.count("has given no frame for 1 s") == 1
    assert err.splitlines()[-1].startswith("Error: ")
    assert "with --give-up" in err.splitlines()[-1]
