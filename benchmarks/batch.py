"""Many clips by `samtrack batch`: its time, and what kills of nodes and drivers leave.

    python benchmarks/batch.py                            # 24 clips, all parts
    python benchmarks/batch.py --clips 6 pool cluster     # some parts of fewer clips

pool    the process pool, against `samtrack track` in a loop; and Ray on this machine
cluster Ray on three local nodes, one of which gets a SIGKILL in the middle
driver  the process pool and that cluster, whose driver gets a SIGKILL and is started again

Wherever it ran, the results have to be those of `samtrack track --threads 1`, to the byte.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
from PIL import Image

from samtracker.diagnostics.machine import describe
from samtracker.video.write import VideoWriter

SIZE = (120, 160)
SAVE = ("--save", "masks,csv,rle", "--size", "96", "--precision", "float32", "--backend", "torch")
SAMTRACK = (sys.executable, "-m", "samtracker")
NODES = 3

VARIES = ("fps", "peak_memory_mb", "threads")
"""Numbers of a summary that differ from run to run."""


def paint(folder: Path, count: int, frames: int) -> None:
    """Write clips of a textured square that moves over a blurred wall, and their first masks."""
    folder.mkdir()
    for number in range(count):
        rng = np.random.default_rng(number)
        wall = cv2.GaussianBlur(rng.integers(0, 200, (*SIZE, 3)).astype(np.uint8), (0, 0), 3)
        square = rng.integers(60, 255, (36, 36, 3)).astype(np.uint8)
        with VideoWriter(folder / f"clip{number:02d}.mp4", fps=25) as video:
            for step in range(frames):
                left, top = 20 + step % 60, 20 + (step + number) % 40
                frame = wall.copy()
                frame[top : top + 36, left : left + 36] = square
                if step == 0:
                    mask = np.zeros(SIZE, np.uint8)
                    mask[top : top + 36, left : left + 36] = 1
                video.write(frame.astype(np.uint8, copy=False))
        Image.fromarray(mask).save(folder / f"clip{number:02d}.png")


def loop(output: str, *options: str) -> float:
    """Track all clips one after the other; return the seconds that it took."""
    begin = time.monotonic()
    for clip in sorted(Path("clips").glob("*.mp4")):
        command = ("track", str(clip), "--init-mask", str(clip.with_suffix(".png")))
        target = ("-o", f"{output}/{clip.stem}")
        subprocess.run(
            [*SAMTRACK, *command, *target, *SAVE, *options], check=True, capture_output=True
        )
    return time.monotonic() - begin


def start(output: str, *options: str) -> subprocess.Popen[str]:
    """Start a batch of all clips."""
    command = [*SAMTRACK, "batch", "clips", "-o", output, *SAVE, *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(process: subprocess.Popen[str]) -> None:
    """Wait until a batch has come to a good end."""
    said, _ = process.communicate()
    _expect(process.returncode == 0, said)


def wait_for(process: subprocess.Popen[str], output: str, count: int) -> dict[str, int]:
    """Wait until so many clips are done; return when each was."""
    while len(found := done(output)) < count:
        _expect(process.poll() is None, "the batch has ended already: give more clips or frames")
        time.sleep(0.02)
    return found


def done(output: str) -> dict[str, int]:
    """Return the clips that are done, each with the time of its summary."""
    summaries = Path(output).glob("clip*[0-9]/summary.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in summaries}


def results(output: str) -> dict[str, Any]:
    """Return all results but what differs from run to run."""
    found: dict[str, Any] = {}
    for path in sorted(Path(output).glob("clip*[0-9]/**/*")):
        if path.is_file():
            found[str(path.relative_to(output))] = path.read_bytes()
    for name in [name for name in found if name.endswith("summary.json")]:
        summary = json.loads(found[name])
        found[name] = {key: value for key, value in summary.items() if key not in VARIES}
    return found


def attempts(output: str) -> dict[str, int]:
    """Return how many attempts were seen of each clip, of those that had more than one."""
    rows = json.loads(Path(output, "batch.json").read_text())["videos"]
    return {row["name"]: row["attempts"] for row in rows if row["attempts"] > 1}


def pool(wanted: dict[str, Any], _: int) -> dict[str, Any]:
    """Time the loop and both engines."""
    seconds = {"loop": loop("looped")}
    for engine in ("processes", "ray"):
        begin = time.monotonic()
        finish(start(engine, "--engine", engine))
        seconds[engine] = time.monotonic() - begin
        _check(engine, wanted)
    same = results("looped") == wanted
    share = {name: round(seconds[name] / seconds["loop"], 3) for name in ("processes", "ray")}
    rounded = {name: round(value, 1) for name, value in seconds.items()}
    return {"seconds": rounded, "share_of_loop": share, "loop_has_the_same_bits": same}


def cluster(wanted: dict[str, Any], count: int) -> dict[str, Any]:
    """Kill a node when a third of the clips are done."""
    with nodes() as (address, victims):
        process = start("clustered", "--address", address)
        before = wait_for(process, "clustered", count // 3)
        lost = kill_node(victims, "clustered")
        finish(process)
    _check("clustered", wanted)
    _kept(before, "clustered")
    return {"done_at_the_kill": len(before), "lost": lost, "tried_again": attempts("clustered")}


def kill_node(raylets: list[int], output: str) -> list[str]:
    """Kill all processes of a node at once, while it tracks; return the clips that it was at.

    Args:
        raylets: The process of each node; the driver is at the first.
        output: Where results go.
    """
    while True:
        for raylet in raylets[1:]:
            processes = [psutil.Process(raylet), *psutil.Process(raylet).children(recursive=True)]
            numbers = {process.pid for process in processes}
            lost = [name for name, number in at_work(output).items() if number in numbers]
            if lost:
                for process in processes:
                    process.kill()
                return lost
        time.sleep(0.02)


def at_work(output: str) -> dict[str, int]:
    """Return the clips that are being tracked, each with the number of the process."""
    found = {}
    for path in Path(output).glob("*.partial/.process"):
        with suppress(OSError, ValueError):  # it has just ended
            found[path.parent.stem] = json.loads(path.read_text())[0]
    return found


def driver(wanted: dict[str, Any], count: int) -> dict[str, Any]:
    """Kill drivers when a third of the clips are done, and start them again."""
    found = {}
    with nodes() as (address, _):
        for name, options in {
            "processes": ("--engine", "processes"),
            "ray": ("--address", address),
        }.items():
            output = f"driven-{name}"
            process = start(output, *options)
            before = wait_for(process, output, count // 3)
            process.kill()
            process.communicate()
            finish(start(output, *options))
            _check(output, wanted)
            _kept(before, output)
            found[name] = {"done_at_the_kill": len(before), "tried_again": attempts(output)}
    return found


@contextmanager
def nodes() -> Iterator[tuple[str, list[int]]]:
    """Have a cluster of Ray on this machine: its address, and the process of each node."""
    from ray.cluster_utils import Cluster

    here: Any = Cluster()
    try:
        added = [here.add_node(num_cpus=1, include_dashboard=False) for _ in range(NODES)]
        here.wait_for_nodes()
        raylets = [node.all_processes["raylet"][0].process.pid for node in added]
        yield here.address, raylets
    finally:
        here.shutdown()


def _check(output: str, wanted: dict[str, Any]) -> None:
    found = results(output)
    differing = [name for name in wanted if found.get(name) != wanted[name]]
    _expect(not differing and found.keys() == wanted.keys(), f"other {differing[:9]} in {output}")


def _kept(before: dict[str, int], output: str) -> None:
    after = done(output)
    twice = [name for name, when in before.items() if after[name] != when]
    _expect(not twice, f"{twice} in {output} were done twice")


def _expect(condition: bool, said: str) -> None:
    if not condition:
        raise SystemExit(f"{Path.cwd()} is left as it is:\n{said}")


PARTS = {"pool": pool, "cluster": cluster, "driver": driver}


def main() -> None:
    """Run the parts."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("parts", nargs="*", default=list(PARTS), metavar="|".join(PARTS))
    parser.add_argument("--clips", type=int, default=24)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/batch.json"))
    options = parser.parse_args()
    output = options.output.absolute()
    folder = Path(tempfile.mkdtemp(prefix="batch-"))
    os.chdir(folder)
    paint(Path("clips"), options.clips, options.frames)
    found: dict[str, Any] = {"clips": options.clips, "frames": options.frames}
    loop("alone", "--threads", "1")
    wanted = results("alone")
    for part in options.parts:
        found[part] = PARTS[part](wanted, options.clips)
        print(f"{part}: {json.dumps(found[part])}", flush=True)
    shutil.rmtree(folder)
    output.write_text(json.dumps({"machine": describe(), **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
