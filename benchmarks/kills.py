"""Kill tracking and training at random moments, go on, and compare with a run that nobody killed.

    python benchmarks/kills.py                       # 200 kills of track, 50 of train
    python benchmarks/kills.py --track 20 --train 5

Every command runs in a forked process of its own, so that nothing has to be imported again, and
gets a real SIGKILL. Half of the jobs save their tracker at every frame, and half of them are killed
once more while they go on.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import math
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # a process with threads cannot be forked

import numpy as np
from PIL import Image
from tqdm import tqdm

from samtracker.cli import main as samtrack
from samtracker.cli import scoring  # noqa: F401 - with all that the commands import
from samtracker.diagnostics.machine import describe
from samtracker.jobs import journal_writer
from samtracker.train import loop  # noqa: F401
from samtracker.video.read import read_frames

FRAMES = 8
SIZE = (96, 160)

TRACK = (
    *("track", "film", "--init-mask", "first.png", "--size", "64", "--precision", "float32"),
    *("--save", "overlay,masks,rle,csv", "-o", "out"),
)
TRAIN = (
    *("train", "--data", "synthetic", "--size", "64", "--instances", "12", "--batch", "2"),
    *("--epochs", "1", "--length", "2", "--warmup", "2", "--workers", "0", "--pictures", "0"),
    *("--precision", "float32", "--checkpoint-every", "1", "-o", "out", "--resume", "auto"),
)
BEGUN = ("out.partial/resume/tracker.safetensors", "out/metrics.csv")
"""What there is to see first of a job and of a training."""

AGAIN = ("no such folder", "track again")
"""What --resume says of a job that was killed before there was anything to go on from."""

ANEW = "it begins anew"
"""What it says of one that was killed before its first frame."""


LATE = "after the end"


@dataclass(frozen=True)
class Run:
    """A command that has ended.

    Attributes:
        code: Its exit code; None after a kill.
        said: What it printed.
        seconds: How long it ran before there was anything of it to see, and from then on.
    """

    code: int | None
    said: str
    seconds: tuple[float, float]


def run(
    command: tuple[str, ...],
    *,
    kill_after: tuple[float, float] = (math.inf, math.inf),
    save_often: bool = False,
) -> Run:
    """Run a command in a forked process.

    Args:
        command: What follows `samtrack`.
        kill_after: Seconds after which it is killed, before and after there is anything to see.
        save_often: Whether the tracker is saved at every frame.
    """
    begin, begun, killed = time.monotonic(), math.inf, False
    child = os.fork()
    if not child:
        _become(command, save_often=save_often)
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        now = time.monotonic()
        if ended:
            break
        if begun == math.inf and any(Path(name).exists() for name in BEGUN):
            begun = now
        if not killed and (now - begin > kill_after[0] or now - begun > kill_after[1]):
            os.kill(child, signal.SIGKILL)
            killed = True
        time.sleep(0.002)
    code = None if os.WIFSIGNALED(status) else os.waitstatus_to_exitcode(status)
    return Run(code, Path("said").read_text(), (min(begun, now) - begin, max(now - begun, 0.0)))


def moment(chance: random.Random, seconds: tuple[float, float]) -> tuple[float, float]:
    """Draw a moment to kill at: one of four before there is anything to see, the others after."""
    early = chance.random() < 0.25
    first = chance.uniform(0, seconds[0]) if early else math.inf
    return first, chance.uniform(0, 1.05 * seconds[1])


def _become(command: tuple[str, ...], *, save_often: bool) -> None:
    """Be that command from now on."""
    code = 1
    try:
        said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(said, 1)
        os.dup2(said, 2)
        if save_often:
            journal_writer.INTERVAL, journal_writer.SHARE = 0.0, math.inf
        samtrack(command)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def track_case(chance: random.Random, seconds: tuple[float, float]) -> str:
    """Kill a job, once or twice, and go on with it; return when the first kill came."""
    often = chance.random() < 0.5
    first = run(TRACK, kill_after=moment(chance, seconds), save_often=often)
    if first.code == 0:
        return LATE
    resumed: tuple[str, ...] = ("track", "--resume", "out")
    if chance.random() < 0.5:
        run(resumed, kill_after=moment(chance, seconds), save_often=often)
    last = run(resumed)
    if last.code == 2 and any(text in last.said for text in AGAIN):
        last = run(TRACK)
        _expect(last.code == 0, last.said)
        return "before there was a folder"
    _expect(last.code == 0 or "is complete" in last.said, last.said)
    return "before the first frame" if ANEW in last.said else "while tracking"


def train_case(chance: random.Random, seconds: tuple[float, float]) -> str:
    """Kill a training, once or twice, and go on with it; return when the first kill came."""
    first = run(TRAIN, kill_after=moment(chance, seconds))
    if first.code == 0:
        return LATE
    saved = Path("out/checkpoint.safetensors").exists()
    if chance.random() < 0.5:
        run(TRAIN, kill_after=moment(chance, seconds))
    last = run(TRAIN)
    _expect(last.code == 0, last.said)
    return "while training" if saved else "before the first checkpoint"


def tracked() -> dict[str, Any]:
    """Return all results of a job but what differs from run to run."""
    out = Path("out")
    summary = json.loads((out / "summary.json").read_text())
    del summary["fps"], summary["peak_memory_mb"]
    with read_frames(out / "overlay.mp4") as reader:
        times = [frame.time for frame in reader]  # x264 is not the same to the bit each time
    masks = {path.name: path.read_bytes() for path in (out / "masks").iterdir()}
    tables = [(out / name).read_bytes() for name in ("masks.jsonl", "tracks.csv")]
    names = sorted(path.name for path in Path().iterdir() if path.name not in {"said"})
    files = sorted(path.name for path in out.iterdir())
    return {
        **{"summary": summary, "times": times, "masks": masks},
        **{"tables": tables, "names": names, "files": files},
    }


def trained() -> dict[str, Any]:
    """Return what a training has learned and noted, but the times."""
    text = Path("out/metrics.csv").read_text()
    rows = [dict(row) for row in csv.DictReader(io.StringIO(text))]
    for row in rows:
        del row["seconds"], row["waiting"]
    return {"rows": rows, "checkpoint": Path("out/checkpoint.safetensors").read_bytes()}


def campaign(
    count: int,
    command: tuple[str, ...],
    case: Callable[[random.Random, tuple[float, float]], str],
    results: Callable[[], dict[str, Any]],
    seed: int,
) -> dict[str, Any]:
    """Kill a command so many times, and count what came of it."""
    chance = random.Random(seed)
    alone = run(command)
    _expect(alone.code == 0, alone.said)
    wanted = results()
    moments: Counter[str] = Counter()
    for _ in tqdm(range(count), command[0]):
        when = LATE
        while when == LATE:  # that was no kill
            shutil.rmtree("out")
            when = case(chance, alone.seconds)
        moments[when] += 1
        found = results()
        differing = [key for key in wanted if found[key] != wanted[key]]
        _expect(not differing, f"other {differing} than without a kill")
    return {"kills": count, "first_kill": dict(moments), "identical": count}


def _expect(condition: bool, said: str) -> None:
    if not condition:
        raise SystemExit(f"{Path.cwd()} is left as it is:\n{said}")


def film() -> None:
    """Draw a textured square that moves over noise, and its first mask."""
    rng = np.random.default_rng(0)
    wall = rng.integers(0, 120, (*SIZE, 3)).astype(np.uint8)
    square = rng.integers(130, 255, (40, 40, 3)).astype(np.uint8)
    Path("film").mkdir()
    for number in range(FRAMES):
        frame = wall.copy()
        frame[20:60, 20 + 4 * number : 60 + 4 * number] = square
        Image.fromarray(frame).save(f"film/{number}.png")
    mask = np.zeros(SIZE, np.uint8)
    mask[20:60, 20:60] = 1
    Image.fromarray(mask).save("first.png")


def main() -> None:
    """Run the two campaigns."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--track", type=int, default=200)
    parser.add_argument("--train", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/kills.json"))
    options = parser.parse_args()
    output = options.output.absolute()
    found: dict[str, Any] = {}
    folder = Path(tempfile.mkdtemp(prefix="kills-"))
    os.chdir(folder)
    film()
    if options.track:
        found["track"] = campaign(options.track, TRACK, track_case, tracked, options.seed)
        shutil.rmtree("out")
    if options.train:
        found["train"] = campaign(options.train, TRAIN, train_case, trained, options.seed)
    shutil.rmtree(folder)
    for name, row in found.items():
        print(f"{name}: {row['identical']} of {row['kills']} identical; {row['first_kill']}")
    output.write_text(json.dumps({"machine": describe(), **found}, indent=2) + "\n")


if __name__ == "__main__":
    main()
