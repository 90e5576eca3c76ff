"""Measure the page in Chromium, and its server with many clients.

    python benchmarks/page.py cold
    python benchmarks/page.py camera
    python benchmarks/page.py file
    python benchmarks/page.py hover
    python benchmarks/page.py many --seconds 600
    python benchmarks/page.py together

- cold: from a fresh clone, by `make serve`, to the first mask in the page, in seconds.
- camera: frames a second and latency of a fake webcam, 640x480, and those of `samtrack live
  --headless` on the same clip.
- file: the demo clip is uploaded, tracked, corrected and downloaded; the masks are compared with
  those of `samtrack track --project`.
- hover: from the last move of the pointer to the mask under it, 1280x720.
- many: eight clients at once, of which one is slow, one vanishes and one sends rubbish.
- together: frames a second of one client, and of two, four and eight in all, each with one object.

The server is `samtrack serve` in a process of its own; that of `cold` is the clone's.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import cv2
import numpy as np
import psutil
from playwright.sync_api import Page, expect

from samtracker import VideoWriter, read_frames
from samtracker.demo import CLICK, clip
from samtracker.diagnostics.machine import describe
from samtracker.types import Frame

sys.path.append(str(Path(__file__).parents[1]))
from tests.helpers.cameras import jpeg
from tests.helpers.page_browser import chromium
from tests.helpers.page_server import Client
from tests.helpers.served_command import free_port

COMMAND = (sys.executable, "-m", "samtracker")
CAMERA = (640, 480)
ROUNDS = 5
"""How often a webcam is tracked in the page and by `live`, in turn."""

HOVER = (1280, 720)
RESTS = 30
"""Places at which the pointer rests."""

CORRECTED = 80
"""Frame of the demo clip that is corrected."""

HEAD = bytes(8)

WARM = 5
"""Frames that each client sends before they are counted."""


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, psutil.Process]]:
    """Serve in a process of its own; yield address and process."""
    port = free_port()
    process = subprocess.Popen([*COMMAND, "serve", "--port", str(port), *options])
    address = f"http://127.0.0.1:{port}/"
    try:
        while True:
            try:
                Client(address).http.get("/")
                break
            except Exception:
                assert process.poll() is None, "the server runs"
                time.sleep(0.1)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def scaled(size: tuple[int, int], count: int) -> list[Frame]:
    """Return the first frames of the demo clip in a size of (width, height)."""
    with read_frames(clip()) as reader:
        return [
            np.asarray(cv2.resize(frame.image, size, interpolation=cv2.INTER_AREA), np.uint8)
            for frame in islice(reader, count)
        ]


def write(path: Path, frames: list[Frame]) -> Path:
    """Write frames as a video of 25 a second."""
    with VideoWriter(path, fps=25) as writer:
        for number, frame in enumerate(frames):
            writer.write(frame, number / 25)
    return path


def place(page: Page, x: float, y: float, size: tuple[int, int]) -> tuple[float, float]:
    """Return where a pixel of a picture of (width, height) is in the window."""
    box = page.locator("#stage").bounding_box()
    assert box is not None, "the stage is there"
    scale = min(box["width"] / size[0], box["height"] / size[1])
    left = box["x"] + (box["width"] - size[0] * scale) / 2
    top = box["y"] + (box["height"] - size[1] * scale) / 2
    return left + x * scale, top + y * scale


def measure_cold(folder: Path, _: float) -> dict[str, Any]:
    """Clone the repository, serve from the clone, and point at the rabbit in the page."""
    begin = time.monotonic()
    clone = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", Path(__file__).parents[1], clone], check=True)
    # Nothing of the caller's Python, and a cache folder in which nothing is yet.
    mine = {"PATH": os.environ["PATH"], "HOME": str(folder), "BROWSER": "true"}
    settings = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    server = subprocess.Popen(
        ["make", "serve"],
        cwd=clone,
        env={**settings, **mine},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert server.stdout is not None
        address = next(line for line in server.stdout if line.startswith("http")).strip()
        served = time.monotonic()
        with chromium() as browser, read_frames(clip()) as reader:
            height, width = reader.info.size
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            page.locator("#file").set_input_files(clip())
            expect(page.locator("#stage")).to_have_attribute("aria-busy", "false", timeout=60_000)
            pointed = time.monotonic()
            page.mouse.click(*place(page, *CLICK, (width, height)))
            expect(page.locator("#objects li")).to_have_count(1, timeout=60_000)
            shown = time.monotonic()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()
    return {
        "clone_to_address_s": round(served - begin, 1),
        "address_to_picture_s": round(pointed - served, 1),
        "click_to_mask_s": round(shown - pointed, 1),
        "clone_to_mask_s": round(shown - begin, 1),
    }


def measure_camera(folder: Path, seconds: float) -> dict[str, Any]:
    """Track a webcam in the page, and the same clip on the command line, in turn."""
    frames = scaled(CAMERA, 150)
    spot = (CLICK[0] * CAMERA[0] / 1280, CLICK[1] * CAMERA[1] / 720)
    mjpeg = folder / "camera.mjpeg"
    mjpeg.write_bytes(b"".join(map(jpeg, frames)))
    video = write(folder / "camera.mp4", frames * 3)  # the fake webcam begins anew as well
    rounds = [
        {**live_alone(video, spot), **live_in_page(mjpeg, spot, seconds / ROUNDS)}
        for _ in range(ROUNDS)
    ]
    middle = {name: float(np.median([one[name] for one in rounds])) for name in rounds[0]}
    shares = [round(one["page_fps"] / one["live_fps"], 2) for one in rounds]
    return {**middle, "shares": shares, "share": float(np.median(shares))}


def live_in_page(mjpeg: Path, spot: tuple[float, float], seconds: float) -> dict[str, float]:
    """Track what is at a place of a fake webcam's picture; return frames a second and latency."""
    fake = ("ui-for-media-stream", "device-for-media-stream")
    flags = [*(f"--use-fake-{name}" for name in fake), f"--use-file-for-fake-video-capture={mjpeg}"]
    with serving() as (address, _), chromium(*flags) as browser:
        page = browser.new_context(permissions=["camera"]).new_page()
        page.goto(address)
        page.click("#use-camera")
        expect(page.locator("#fps")).to_have_text(re.compile(r"\d"), timeout=60_000)
        page.mouse.click(*place(page, *spot, CAMERA))
        expect(page.locator("#objects li")).to_have_count(1, timeout=30_000)
        page.keyboard.press("Space")
        page.wait_for_timeout(1000 * seconds)
        rate = float(page.inner_text("#fps"))
        p50, p95 = (
            int(part) for part in page.inner_text("#latency").removesuffix(" ms").split("/")
        )
    return {"page_fps": rate, "latency_p50_ms": p50, "latency_p95_ms": p95}


def live_alone(video: Path, spot: tuple[float, float]) -> dict[str, float]:
    """Track the same clip at its own speed by `samtrack live`; return frames a second."""
    x, y = spot
    lines = subprocess.run(
        [*COMMAND, "live", str(video), "--init-point", f"{x:.0f},{y:.0f}", "--headless"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    times = [json.loads(line)["time"] for line in lines]
    return {"live_fps": round((len(times) - 1) / (times[-1] - times[0]), 1)}


def measure_file(folder: Path, _: float) -> dict[str, Any]:
    """Upload, track, correct, track and download; compare with the command line."""
    video = clip()
    with read_frames(video) as reader:
        (height, width), last = reader.info.size, sum(1 for _ in reader) - 1
    size = (width, height)
    begin = time.monotonic()
    with serving() as (address, _process), chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(600_000)
        expect.set_options(timeout=600_000)
        page.goto(address)
        page.locator("#file").set_input_files(video)
        expect(page.locator("#scrub")).to_have_attribute("max", str(last))
        expect(page.locator("#stage")).to_have_attribute("aria-busy", "false")
        page.mouse.click(*place(page, *CLICK, size))
        expect(page.locator("#objects li")).to_have_count(1)
        page.click("#track")
        expect(page.locator("#progress")).to_have_text("all frames are tracked")
        page.locator("#scrub").fill(str(CORRECTED))
        page.wait_for_timeout(500)
        page.mouse.click(*place(page, *CLICK, size))
        expect(page.locator("#progress")).to_have_text(f"{last - CORRECTED} frames to track")
        page.click("#track")
        expect(page.locator("#progress")).to_have_text("all frames are tracked")
        kept = {}
        for selector in ("[data-format=masks]", "#save-project"):
            page.click("#download")
            with page.expect_download() as waiting:
                page.click(selector)
            kept[selector] = folder / waiting.value.suggested_filename
            waiting.value.save_as(kept[selector])
        seconds = time.monotonic() - begin
    out = folder / "out"
    project = ("--project", str(kept["#save-project"]), "--save", "masks", "-o", str(out))
    subprocess.run([*COMMAND, "track", str(video), *project], check=True, capture_output=True)
    with zipfile.ZipFile(kept["[data-format=masks]"]) as archive:
        names = archive.namelist()
        equal = sum(archive.read(name) == (out / name).read_bytes() for name in names)
    return {"seconds": round(seconds, 1), "masks": len(names), "equal_masks": equal}


def measure_hover(folder: Path, _: float) -> dict[str, Any]:
    """Rest the pointer at places of a frame, and wait for the mask under each."""
    video = write(folder / "still.mp4", scaled(HOVER, 2))
    random = np.random.default_rng(0)
    waits = []
    with serving() as (address, _process), chromium() as browser:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.locator("#file").set_input_files(video)
        expect(page.locator("#scrub")).to_have_attribute("max", "1", timeout=60_000)
        expect(page.locator("#stage")).to_have_attribute("aria-busy", "false")
        for _rest in range(RESTS + 1):
            x, y = random.uniform((200, 150), (1080, 570))
            with page.expect_response("**/preview") as answer:
                page.mouse.move(*place(page, x, y, HOVER))
                begin = time.perf_counter()
            answer.value.finished()
            page.evaluate("new Promise(requestAnimationFrame)")
            waits.append(1000 * (time.perf_counter() - begin))
    first, *others = waits  # the frame is encoded once
    p50, p95 = np.percentile(others, (50, 95))
    return {"first_ms": round(first), "p50_ms": round(p50), "p95_ms": round(p95)}


def measure_many(_: Path, seconds: float) -> dict[str, Any]:
    """Track with eight clients at once, three of which behave badly."""
    frames = [jpeg(frame) for frame in scaled((320, 240), 100)]
    counts: dict[int, int] = {}
    failures: list[str] = []
    with serving("--size", "128") as (address, process):
        over, ready = threading.Event(), threading.Barrier(9)

        def track(number: int, pause: float = 0.0, end: float = float("inf")) -> None:
            try:
                with Client(address) as client, client.socket("live") as socket:
                    socket.send(HEAD + frames[0])
                    socket.recv(timeout=60)
                    socket.send(json.dumps({"do": "point", "points": [[160, 120, 1]]}))
                    socket.recv(timeout=60)
                    ready.wait()
                    begin, count = time.monotonic(), 0
                    while not over.is_set():
                        if time.monotonic() - begin > end:
                            socket.socket.close()  # without a word
                            return
                        socket.send(HEAD + frames[count % len(frames)])
                        if "error" in json.loads(socket.recv(timeout=60)):
                            failures.append(f"client {number}")
                        count += 1
                        counts[number] = count
                        time.sleep(pause)
            except Exception as error:
                if number < 5:
                    failures.append(f"client {number}: {error!r}")

        def talk_rubbish() -> None:
            with Client(address) as client, client.socket("live") as socket:
                ready.wait()
                while not over.is_set():
                    socket.send(b"rubbish")
                    socket.recv(timeout=60)

        calls = [threading.Thread(target=track, args=(number,)) for number in range(5)]
        calls.append(threading.Thread(target=track, args=(5, 1.0)))
        calls.append(threading.Thread(target=track, args=(6, 0.0, seconds / 4)))
        calls.append(threading.Thread(target=talk_rubbish))
        for call in calls:
            call.start()
        ready.wait()
        resident = []
        for _sample in range(10):
            time.sleep(seconds / 10)
            resident.append(round(process.memory_info().rss / 2**20))
        over.set()
        for call in calls:
            call.join()
    equal = [counts[number] for number in range(5)]
    return {
        "seconds": seconds,
        "frames_of_equal_clients": equal,
        "fairness": round(min(equal) / max(equal), 2),
        "frames_of_slow_client": counts[5],
        "failures": failures,
        "resident_mb": resident,
    }


def measure_together(_: Path, seconds: float) -> dict[str, Any]:
    """Track with ever more clients at once, who send frames as quickly as they are answered."""
    frames = [jpeg(frame) for frame in scaled(CAMERA, 100)]
    x, y = CLICK[0] * CAMERA[0] / 1280, CLICK[1] * CAMERA[1] / 720
    rates: dict[int, float] = {}
    with serving("--max-sessions", "15") as (address, _process):

        def track(ready: threading.Barrier, over: threading.Event, counts: list[int]) -> None:
            with Client(address) as client, client.socket("live") as socket:
                socket.send(HEAD + frames[0])
                socket.recv(timeout=60)
                socket.send(json.dumps({"do": "point", "points": [[x, y, 1]]}))
                socket.recv(timeout=60)
                for count in range(10**9):
                    if count == WARM:
                        ready.wait()
                    if over.is_set():
                        counts.append(count - WARM)
                        return
                    socket.send(HEAD + frames[count % len(frames)])
                    socket.recv(timeout=60)

        for clients in (1, 2, 4, 8):
            ready, over = threading.Barrier(clients + 1), threading.Event()
            counts: list[int] = []
            calls = [
                threading.Thread(target=track, args=(ready, over, counts)) for _ in range(clients)
            ]
            for call in calls:
                call.start()
            ready.wait()
            time.sleep(seconds)
            over.set()
            for call in calls:
                call.join()
            rates[clients] = sum(counts) / seconds
    return {
        "frames_a_second": {clients: round(rate, 1) for clients, rate in rates.items()},
        "over_one_client": {clients: round(rate / rates[1], 2) for clients, rate in rates.items()},
    }


PARTS = {
    "cold": measure_cold,
    "camera": measure_camera,
    "file": measure_file,
    "hover": measure_hover,
    "many": measure_many,
    "together": measure_together,
}


def main() -> None:
    """Measure one part; print it, and add it to the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/page.json"))
    args = parser.parse_args()
    with TemporaryDirectory() as name:
        result = PARTS[args.part](Path(name), args.seconds)
    for title, cell in result.items():
        print(f"{title.replace('_', ' '):28}{cell!s:>12}")
    known = json.loads(args.output.read_text("utf-8")) if args.output.exists() else {}
    known = {**known, "machine": describe(), args.part: result}
    args.output.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
