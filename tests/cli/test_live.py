"""`samtrack live` without a screen, on a camera that can be unplugged."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest

from tests.helpers.cameras import Camera
from tests.helpers.cli_tools import (
    FAST,
    FRAMES,
    SHOTS,
    box_of,
    first_mask,
    frames_in,
    samtrack,
    start,
    two_balls,
)
from tests.helpers.clips import cut
from tests.helpers.forked import Command

KEYS = {"frame", "time", "latency_ms", "step_ms", "size", "dropped", "reconnects", "objects"}


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_a_file_is_tracked_and_recorded(tmp_path: Path) -> None:
    video = two_balls(tmp_path / "balls.mp4", FRAMES)
    mask, record = first_mask(tmp_path / "first.png"), tmp_path / "record.mp4"
    command = ("live", video, "--headless", "--init-mask", mask, "--record", record, *FAST)
    done = samtrack(*command)
    assert done.code == 0
    found = lines(done.out)
    assert all(set(line) == KEYS for line in found)
    assert [item["id"] for item in found[0]["objects"]] == [1, 2]
    assert {item["state"] for line in found for item in line["objects"]} == {"tracking"}
    shown, dropped = len(found), found[-1]["dropped"]
    assert f"tracked {shown} of {shown + dropped} frames, dropped {dropped}" in done.err
    assert len(frames_in(record)) == shown
    with av.open(str(record)) as recorded:
        times = [float(frame.time or 0) for frame in recorded.decode(video=0)]
    since = [line["time"] - found[0]["time"] for line in found]
    assert times == pytest.approx(since, abs=0.04)
    refused = samtrack(*command)
    assert refused.code == 2
    assert "exists already" in refused.errors[0]
    assert samtrack(*command, "--overwrite").code == 0


def read_until(process: Command, wanted: str, count: int = 400) -> dict[str, Any]:
    """The first line whose JSON fulfils an expression of `line`."""
    for _ in range(count):
        text = process.stdout.readline()
        assert text, process.communicate()
        line: dict[str, Any] = json.loads(text)
        if eval(wanted, {"line": line}):
            return line
    raise AssertionError(f"no line with {wanted}")


def test_tracks_survive_a_camera_that_is_unplugged(tmp_path: Path) -> None:
    still = [SHOTS[0].frame]  # what comes back is where it was
    camera = Camera(still)
    options = ("--headless", "--init-box", box_of(1), *FAST)
    process = start("live", camera.url, *options, folder=tmp_path)
    try:
        line = read_until(process, "line['frame'] > 3")
        assert line["objects"][0]["state"] == "tracking"
        camera.stop()
        time.sleep(0.5)
        with Camera(still, port=camera.port):
            line = read_until(process, "line['reconnects'] > 0")
            line = read_until(process, "line['frame'] > 0")
            assert [item["id"] for item in line["objects"]] == [1]
            assert line["objects"][0]["state"] == "tracking"
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert "connected again" in err


def test_a_deadline_lowers_the_working_size_and_a_kill_costs_no_recording(tmp_path: Path) -> None:
    with Camera([shot.frame for shot in SHOTS[:1]]) as camera:
        options = ("--headless", "--init-box", box_of(1), *FAST, "--deadline", "0.001", "--record")
        process = start("live", camera.url, *options, "record.mp4", folder=tmp_path)
        try:
            found = [json.loads(process.stdout.readline())]
            while found[-1]["size"] != 64:
                found.append(json.loads(process.stdout.readline()))
            assert found[-1]["objects"][0]["state"] == "tracking"
        finally:
            process.kill()
        out, _ = process.communicate(timeout=60)
    found += [json.loads(line) for line in out.splitlines() if line.endswith("}")]
    with av.open(f"file:{tmp_path / 'record.partial.mp4'}") as left:
        times = [float(frame.time or 0) for frame in left.decode(video=0)]
    assert len(found) - 1 <= len(times) <= len(found) + 1
    since = [line["time"] - found[0]["time"] for line in found]
    shared = min(len(times), len(since))
    assert times[:shared] == pytest.approx(since[:shared], abs=0.04)
    refused = samtrack("live", camera.url, *options, tmp_path / "record.mp4")
    assert "is a recording that was never finished, but can be played" in refused.errors[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--headless",), "nothing to track: give --init-mask FILE"),
        (("--headless", "--init-box", "1,1,9,9", "--deadline", "0"), "deadline=0 ms does not fit"),
        (("--headless", "--init-box", "500,500,600,600"), "box"),
    ],
)
def test_bad_options_are_one_line(tmp_path: Path, options: tuple[str, ...], message: str) -> None:
    video = two_balls(tmp_path / "balls.mp4", FRAMES[:3])
    done = samtrack("live", video, *options, *FAST)
    assert done.code == 2
    assert len(done.errors) == 1
    assert message in done.errors[0]


def test_a_file_that_breaks_off_is_tracked_as_far_as_it_goes(tmp_path: Path) -> None:
    video = cut(two_balls(tmp_path / "balls.mp4", FRAMES * 2, movflags="faststart"), 0.6)
    record = tmp_path / "record.mp4"
    options = ("--headless", "--init-box", box_of(1), "--record", record, *FAST)
    done = samtrack("live", video, *options)
    assert done.code == 2
    assert "is cut off or damaged at its end" in done.errors[0]
    assert f"tracked {len(lines(done.out))} of " in done.err
    assert f"recorded {record}" in done.err
    assert len(frames_in(record)) == len(lines(done.out))


def test_a_recording_that_fails_is_not_the_end_of_tracking(tmp_path: Path) -> None:
    video = two_balls(tmp_path / "balls.mp4", FRAMES * 3)
    options = ("--headless", "--init-box", box_of(1), "--record", "record.mp4", *FAST)
    process = subprocess.run(
        [sys.executable, "-m", "samtracker", "live", str(video), *options],
        cwd=tmp_path,
        # As on a full disk: no file gets longer than this.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 2
    found = lines(process.stdout)
    assert found[-1]["frame"] > len(FRAMES)
    assert f"tracked {len(found)} of " in process.stderr
    assert "record.mp4' cannot be written" in process.stderr.splitlines()[-1]
    assert not list(tmp_path.glob("record*"))


def test_a_recording_does_not_replace_its_source(tmp_path: Path) -> None:
    video = two_balls(tmp_path / "balls.mp4")
    before = video.read_bytes()
    options = ("--headless", "--init-box", box_of(1), "--record", video, "--overwrite")
    refused = samtrack("live", video, *options)
    assert (refused.code, "is read, and would be replaced" in refused.errors[0]) == (2, True)
    assert video.read_bytes() == before


@pytest.mark.parametrize("option", ["--record", "--log", "--weights"])
def test_names_that_no_file_can_have_are_one_line(tmp_path: Path, option: str) -> None:
    video = two_balls(tmp_path / "balls.mp4", FRAMES[:3])
    name = tmp_path / f"{'x' * 300}.mp4"
    refused = samtrack("live", video, "--headless", "--init-box", box_of(1), option, name)
    assert (refused.code, len(refused.errors)) == (2, 1)


def test_a_source_that_is_not_there() -> None:
    done = samtrack("live", "http://127.0.0.1:9/", "--headless", "--init-box", "1,1,9,9")
    assert done.code == 2
    assert "cannot be opened" in done.errors[0]


def test_a_recording_is_an_mp4(tmp_path: Path) -> None:
    options = ("--headless", "--init-box", box_of(1), "--record", tmp_path / "record.avi")
    refused = samtrack("live", two_balls(tmp_path / "balls.mp4", FRAMES), *options)
    assert (refused.code, "give a name that ends in .mp4" in refused.errors[0]) == (2, True)
