"""The newest frame of a source that does not wait."""

from __future__ import annotations

import io
import math
import struct
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image

from samtracker.errors import ConfigError, VideoError
from samtracker.video.live_source import LiveSource
from tests.helpers.cameras import Camera
from tests.helpers.clips import cut, write_clip
from tests.helpers.scenes import RED, film

SHOTS = film([RED], 12)
FRAMES = [shot.frame for shot in SHOTS]


def test_a_slow_reader_gets_the_newest_frame() -> None:
    with Camera(FRAMES, fps=50) as camera, LiveSource(camera.url) as source:
        taken = []
        for _ in range(6):
            time.sleep(0.2)
            frame = source.read(1.0)
            assert frame is not None
            assert frame.index >= source.received - 3
            taken.append(frame)
        assert all(later.time > earlier.time for earlier, later in pairwise(taken))
        received, dropped = source.received, source.dropped
        assert abs(received - dropped - len(taken)) <= 1  # one may wait to be taken
        assert dropped > 20
        assert taken[-1].index <= received


def test_a_quick_reader_gets_every_frame() -> None:
    with Camera(FRAMES, fps=20) as camera, LiveSource(camera.url) as source:
        frames = [source.read(2.0) for _ in range(8)]
        numbers = [frame.index for frame in frames if frame is not None]
        assert numbers == list(range(8))
        assert source.dropped == 0
        assert source.read(0.001) is None


def test_a_camera_that_comes_back_is_opened_again() -> None:
    camera = Camera(FRAMES)
    with LiveSource(camera.url) as source:
        assert source.read(2.0) is not None
        camera.stop()
        deadline = time.monotonic() + 10
        while source.connected and time.monotonic() < deadline:
            source.read(0.05)
        assert not source.connected
        assert not source.ended
        smaller = [np.ascontiguousarray(frame[:48, :80]) for frame in FRAMES]
        with Camera(smaller, port=camera.port):
            while source.read(0.5) is None:
                assert time.monotonic() < deadline + 10
            frame = source.read(2.0)
            assert frame is not None
            assert frame.image.shape[:2] == source.size == (96, 160)
            assert source.reconnects >= 1


def test_a_file_is_played_at_its_own_speed_and_ends(tmp_path: Path) -> None:
    path = write_clip(tmp_path / "film.mp4", FRAMES)  # 25 frames a second
    begin = time.monotonic()
    times = []
    with LiveSource(path) as source:
        while not source.ended:
            frame = source.read(0.5)
            if frame is not None:
                times.append(time.monotonic() - begin)
    assert len(times) + source.dropped == len(FRAMES) == source.received
    assert times[-1] > 0.4
    assert source.read(0.1) is None


def test_a_file_of_one_frame(tmp_path: Path) -> None:
    with LiveSource(write_clip(tmp_path / "one.mp4", FRAMES[:1])) as source:
        frame = source.read(2.0)
        assert frame is not None
        assert frame.index == 0


def test_a_source_that_is_not_there() -> None:
    with pytest.raises(VideoError, match="cannot be opened"):
        LiveSource("http://127.0.0.1:9/")


def test_a_file_without_a_duration_is_played_once(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", FRAMES)
    raw = tmp_path / "clip.mkv"
    raw.write_bytes(remux(video))
    with LiveSource(raw) as source:
        while not source.ended:
            source.read(0.5)
        assert (source.received, source.reconnects) == (len(FRAMES), 0)


def remux(video: Path) -> bytes:
    """A video as Matroska written to a pipe, which cannot say how long it is."""

    class Pipe(io.RawIOBase):
        content = b""

        def writable(self) -> bool:
            return True

        def write(self, data: Any) -> int:
            self.content += bytes(data)
            return len(data)

    pipe = Pipe()
    with av.open(str(video)) as given, av.open(pipe, "w", format="matroska") as made:
        stream = made.add_stream_from_template(given.streams.video[0])
        for packet in given.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
    return pipe.content


def test_a_reader_that_fails_in_any_way_ends(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    video = write_clip(tmp_path / "clip.mp4", FRAMES)
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    monkeypatch.setattr(LiveSource, "_pass_on", lambda *_: 1 / 0)
    with LiveSource(video) as source:
        assert source.read(5.0) is None
        assert source.ended


def test_a_pause_is_no_latency(tmp_path: Path) -> None:
    video = write_clip(tmp_path / "clip.mp4", FRAMES)
    with LiveSource(video) as source:
        assert source.read(5.0) is not None
        source.paused = True
        while source.read(0.3) is not None:
            pass
        received = source.received
        assert source.read(0.3) is None
        assert source.received == received < len(FRAMES)
        source.paused = False
        frame = source.read(5.0)
        assert frame is not None
        assert frame.index == received


def test_a_frame_that_waits_with_its_file_is_not_late(tmp_path: Path) -> None:
    with LiveSource(write_clip(tmp_path / "clip.mp4", FRAMES)) as source:
        while source.received < 2:
            time.sleep(0.01)
        source.paused = True
        time.sleep(0.3)
        source.paused = False
        over = time.monotonic()
        frame = source.read(5.0)
        assert frame is not None
        assert frame.captured >= over - 0.1


def test_a_file_that_breaks_off_says_so(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "clip.mp4", FRAMES, options={"g": "3"}, movflags="faststart")
    video = cut(whole, 0.6)
    with LiveSource(video) as source:
        while not source.ended:
            source.read(0.5)
        assert 0 < source.received < len(FRAMES)
        assert "is cut off or damaged at its end" in str(source.failure)


def test_a_picture_of_another_size_ends_a_folder(tmp_path: Path) -> None:
    for number, image in enumerate([*FRAMES[:3], FRAMES[3][:48]]):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    with LiveSource(tmp_path) as source:
        while not source.ended:
            source.read(0.5)
        assert source.received == 3
        assert "all must have the same size" in str(source.failure)


@pytest.mark.parametrize("lengths", [True, False])
def test_pictures_over_http_with_and_without_their_lengths(lengths: bool) -> None:
    with Camera(FRAMES, fps=100, lengths=lengths) as camera, LiveSource(camera.url) as source:
        for _ in range(5):
            frame = source.read(5.0)
            assert frame is not None
            error = np.abs(frame.image.astype(int) - FRAMES[frame.index % len(FRAMES)])
            assert error.mean() < 4
        assert source.reconnects == 0


def orientation(number: int) -> bytes:
    """EXIF that says how a picture was held: 6 is turned to the right, 0 and 99 are nothing."""
    return b"II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0x112, 3, 1, number) + bytes(4)


@pytest.mark.parametrize(
    ("exif", "turns"),
    [
        (orientation(1), 0),
        (orientation(6), -1),
        (orientation(0), 0),
        (orientation(99), 0),
        (orientation(6)[:13], 0),
        (b"junk" * 9, 0),
    ],
)
def test_cameras_that_say_how_they_are_held(exif: bytes, turns: int) -> None:
    with Camera(FRAMES[:1], exif=exif) as camera, LiveSource(camera.url) as source:
        frame = source.read(5.0)
        assert frame is not None
        expected = np.rot90(FRAMES[0], turns)
        assert frame.image.shape == expected.shape
        assert np.abs(frame.image.astype(int) - expected).mean() < 4


def test_a_camera_that_stays_away_is_given_up() -> None:
    camera = Camera(FRAMES)
    with LiveSource(camera.url, give_up=0.7) as source:
        camera.stop()
        while not source.ended:
            source.read(0.1)
        assert "has given no frame for 0.7 s: check that it is running" in str(source.failure)


@pytest.mark.parametrize("give_up", [0.0, -1.0, math.nan])
def test_a_time_to_give_up_is_above_zero(give_up: float) -> None:
    with pytest.raises(ConfigError, match=r"give_up=.* is no time to wait"):
        LiveSource("none.mp4", give_up=give_up)
