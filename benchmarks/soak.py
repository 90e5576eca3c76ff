"""Let `live`, `serve` and `batch` work for an hour, and see whether anything grows.

    python benchmarks/soak.py live
    python benchmarks/soak.py serve --seconds 600
    python benchmarks/soak.py batch

Each is started as a user does. Memory (of a process and its children), open files and threads are
read from outside every few seconds; what they are after a tenth of the time is compared with the
most that they are later.

- live: a camera over HTTP at 4 frames a second, two balls, recorded, with masks and a log.
- serve: three browsers' cameras at a frame a second each; meanwhile clips are uploaded, tracked,
  downloaded and left, one after the other, each by somebody new.
- batch: more videos than there is time for; at the end Ctrl-C, and what is done is counted.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from tqdm import tqdm

from samtracker.diagnostics.machine import describe

sys.path.append(str(Path(__file__).parents[1]))
from tests.helpers.cameras import Camera, jpeg
from tests.helpers.cli_tools import FRAMES, box_of, two_balls
from tests.helpers.page_server import Client
from tests.helpers.served_command import free_port

COMMAND = (sys.executable, "-m", "samtracker")
EVERY = 5.0
"""Seconds between two looks."""

FPS = {"camera": 4.0, "browser": 1.0}
SIZE = ("--size", "96")
BOXES = [box_of(1), box_of(2)]
PAUSE = 15.0
"""Seconds between two people with clips, whose sessions make room after five minutes."""

VIDEOS = 20_000
"""Of a batch: more than an hour's work."""


@dataclass
class Watched:
    """What a process and its children take, look by look."""

    process: psutil.Process
    taken: dict[str, list[int]] = field(default_factory=dict)

    def look(self) -> None:
        """Look once; children that end meanwhile are left out."""
        resident = files = threads = 0
        for process in (self.process, *self.process.children(recursive=True)):
            try:
                with process.oneshot():
                    resident += process.memory_info().rss
                    files += process.num_fds()
                    threads += process.num_threads()
            except psutil.NoSuchProcess:
                continue
        for name, value in (("mb", resident >> 20), ("files", files), ("threads", threads)):
            self.taken.setdefault(name, []).append(value)

    def to_dict(self) -> dict[str, Any]:
        """Return, for each, what it is after a tenth of the time, the most later, and the end."""
        found = {}
        for name, values in self.taken.items():
            settled = len(values) // 10
            early, late = values[settled : 2 * settled], values[settled:]
            found[name] = {
                "early": max(early, default=values[0]),
                "most": max(late),
                "end": values[-1],
            }
        return found


@contextmanager
def running(*arguments: str, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of samtrack as long as the `with` block, its output in a file; then Ctrl-C."""
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen([*COMMAND, *arguments], stdout=output, stderr=output)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=120)


def watch(process: subprocess.Popen[bytes], seconds: float) -> Watched:
    """Look at a process again and again."""
    watched, begin = Watched(psutil.Process(process.pid)), time.monotonic()
    with tqdm(total=round(seconds), unit="s") as bar:
        while (spent := time.monotonic() - begin) < seconds:
            assert process.poll() is None, "it has ended early: see output.txt"
            watched.look()
            bar.update(round(spent) - bar.n)
            time.sleep(EVERY)
    return watched


def soak_live(folder: Path, seconds: float) -> dict[str, Any]:
    """Track a camera."""
    box = [part for item in BOXES for part in ("--init-box", item)]
    kept = ("--record", str(folder / "film.mp4"), "--log", str(folder / "log.jsonl"))
    with (
        Camera([*FRAMES, *FRAMES[-2:0:-1]], FPS["camera"]) as camera,
        running("live", camera.url, *box, "--headless", *SIZE, *kept, folder=folder) as process,
    ):
        watched = watch(process, seconds)
        sent = camera.sent
    lines = [
        json.loads(line)
        for line in (folder / "output.txt").read_text("utf-8").splitlines()
        if line.startswith("{")
    ]
    lost = sum(item["state"] == "lost" for line in lines for item in line["objects"])
    return {
        "exit": process.returncode,
        "frames_sent": sent,
        "frames_tracked": len(lines),
        "lost": lost,
        "recorded_mb": (folder / "film.mp4").stat().st_size >> 20,
        **watched.to_dict(),
    }


def soak_serve(folder: Path, seconds: float) -> dict[str, Any]:
    """Serve cameras, and clips of people who come and go."""
    port, state, film = free_port(), folder / "state", two_balls(folder / "balls.mp4")
    address, over = f"http://127.0.0.1:{port}/", threading.Event()
    counts = {"frames": 0, "clips": 0}
    failures: list[str] = []
    box = [float(side) for side in BOXES[0].split(",")]

    def film_live() -> None:
        with Client(address) as client, client.socket("live") as socket:
            socket.send(bytes(8) + jpeg(FRAMES[0]))
            socket.recv(timeout=60)
            socket.send(json.dumps({"do": "point", "box": box}))
            socket.recv(timeout=60)
            number = 0
            while not over.wait(1 / FPS["browser"]):
                number += 1
                socket.send(bytes(8) + jpeg(FRAMES[number % len(FRAMES)]))
                if "error" in json.loads(socket.recv(timeout=60)):
                    failures.append("a frame")
                counts["frames"] += 1

    def annotate() -> None:
        while not over.wait(PAUSE):
            with Client(address) as client:
                client.upload(film)
                client.point(0, box=box)
                client.track()
                client.download("masks")
                counts["clips"] += 1

    def safely(call: Any) -> None:
        try:
            call()
        except Exception as error:
            failures.append(repr(error))

    options = ("--port", str(port), "--max-sessions", "32", "--state", str(state), *SIZE)
    with running("serve", *options, folder=folder) as process:
        while True:
            try:
                Client(address).http.get("/")
                break
            except Exception:
                assert process.poll() is None, "the server runs"
                time.sleep(0.1)
        calls = [
            threading.Thread(target=safely, args=(call,)) for call in (*[film_live] * 3, annotate)
        ]
        for call in calls:
            call.start()
        watched = watch(process, seconds)
        over.set()
        for call in calls:
            call.join()
    kept = sum(path.stat().st_size for path in state.rglob("*") if path.is_file())
    return {
        "exit": process.returncode,
        **counts,
        "failures": failures,
        "kept_mb": kept >> 20,
        **watched.to_dict(),
    }


def soak_batch(folder: Path, seconds: float) -> dict[str, Any]:
    """Track one video after the other."""
    film, manifest, out = two_balls(folder / "balls.mp4"), folder / "all.jsonl", folder / "out"
    boxes = [[float(side) for side in item.split(",")] for item in BOXES]
    manifest.write_text(
        "".join(
            json.dumps({"video": film.name, "name": f"{number:05d}", "boxes": boxes}) + "\n"
            for number in range(VIDEOS)
        ),
        "utf-8",
    )
    options = ("-o", str(out), "--engine", "processes", "--save", "rle", *SIZE)
    with running("batch", str(manifest), *options, folder=folder) as process:
        watched = watch(process, seconds)
    rows = json.loads((out / "batch.json").read_text("utf-8"))["videos"]
    statuses = [row["status"] for row in rows]
    return {
        "exit": process.returncode,
        "videos": {status: statuses.count(status) for status in sorted(set(statuses))},
        **watched.to_dict(),
    }


PARTS = {"live": soak_live, "serve": soak_serve, "batch": soak_batch}


def main() -> None:
    """Let one part work; print what it took, and add it to the JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--seconds", type=float, default=3600.0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/soak.json"))
    args = parser.parse_args()
    # Where this runs in the background Ctrl-C is ignored, and would be by what it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with TemporaryDirectory() as name:
        folder = Path(name)
        try:
            result = {"seconds": args.seconds, **PARTS[args.part](folder, args.seconds)}
        except BaseException:
            print((folder / "output.txt").read_text("utf-8")[-2000:], file=sys.stderr)
            raise
    for title, cell in result.items():
        print(f"{title.replace('_', ' '):20}{cell}")
    known = json.loads(args.output.read_text("utf-8")) if args.output.exists() else {}
    known = {**known, "machine": describe(), args.part: result}
    args.output.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
