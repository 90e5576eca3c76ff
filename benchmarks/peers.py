"""Compare ours and peers on the same clips with the same number of threads, in one run.

    python benchmarks/peers.py --davis DAVIS --multi MULTI

Each peer runs in a pinned environment of its own, made on first use in `.peers/`. J&F is that of
`samtrack eval`. Cutie, SAM 2.1 and EdgeTAM run with random weights of the right shape, on the first
frames only: their speed is what is measured. A peer that cannot be installed or fails is reported.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from tqdm import tqdm

from samtracker import Tracker
from samtracker.data.clip import Clip, FolderClip
from samtracker.data.davis import read_davis
from samtracker.diagnostics.machine import describe
from samtracker.errors import SamTrackerError
from samtracker.evaluate.evaluation import evaluate
from samtracker.evaluate.folder_source import FolderSource
from samtracker.evaluate.results import Results, table
from samtracker.evaluate.tracker_source import TrackerSource

SCRIPTS = Path(__file__).parent / "peers"
WARM_UP = 2
FRAMES = 20
"""Number of our frames that are timed in each clip."""

OPENCV = ("opencv-contrib-python-headless==5.0.0.93", "pillow==13.0.0")
TORCH = ("torch==2.13.0", "torchvision==0.28.0", "pillow==13.0.0")
CUTIE = (*TORCH, "rf-cutie==1.0.1", "hydra-core==1.3.8", "tqdm==4.70.1", "requests==2.34.2")
TRANSFORMERS = (*TORCH, "transformers==5.23.0", "timm==1.0.31", OPENCV[0])


@dataclass(frozen=True)
class Peer:
    """Another tracker.

    Attributes:
        name: Name in the table.
        script: Script in `peers/`, and its arguments.
        packages: Packages of its environment.
        scored: Whether it has masks that mean something.
    """

    name: str
    script: tuple[str, ...]
    packages: tuple[str, ...]
    scored: bool = True


PEERS = (
    Peer("DIS optical flow", ("flow.py",), OPENCV),
    Peer("CSRT + GrabCut", ("boxes.py", "CSRT"), OPENCV),
    Peer("KCF + GrabCut", ("boxes.py", "KCF"), OPENCV),
    Peer("MIL + GrabCut", ("boxes.py", "MIL"), OPENCV),
    Peer("Cutie-base, random weights", ("cutie_base.py",), CUTIE, scored=False),
    Peer("SAM 2.1 tiny, random weights", ("sam2.py", "sam2"), TRANSFORMERS, scored=False),
    Peer("EdgeTAM, random weights", ("sam2.py", "edgetam"), TRANSFORMERS, scored=False),
)


@dataclass
class Row:
    """The results of one contender.

    Attributes:
        name: Name in the table.
        seconds: Median time of a step by clip.
        scores: J&F in percent by data set and clip.
        versions: Versions of its packages.
        failure: Why there is nothing else; None if it did not fail.
    """

    name: str
    seconds: dict[str, float] = field(default_factory=dict)
    scores: dict[str, dict[str, float]] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    failure: str | None = None


def ours(sets: dict[str, list[Clip]], weights: str) -> list[Row]:
    """Run our tracker, also in float32 like the peers that are networks, and its encoder alone."""
    row = Row(f"samtracker {weights}")
    tracker = Tracker.from_pretrained(weights)
    for name, clips in sets.items():
        row.scores[name] = _scores(Results.of(evaluate(clips, TrackerSource(lambda: tracker))))
    row.name += f", {str(tracker.runtime.precision).removeprefix('torch.')}"
    bound = Row("its encoder alone (bound)")
    for clip in (clip for clips in sets.values() for clip in clips):
        row.seconds[clip.name], bound.seconds[clip.name] = _timed(tracker, clip)
    rows = [row, bound]
    if tracker.runtime.precision is not torch.float32:
        exact = Row(f"samtracker {weights}, float32")
        tracker = Tracker.from_pretrained(weights, precision="float32")
        for clip in (clip for clips in sets.values() for clip in clips):
            exact.seconds[clip.name], _ = _timed(tracker, clip)
        rows.append(exact)
    return rows


def _timed(tracker: Tracker, clip: Clip) -> tuple[float, float]:
    """Return median seconds of a step, and of the encoder alone between the steps."""
    first = clip.mask(clip.labeled[0])
    tracker.init(clip.frame(0), mask={int(i): first == i for i in np.unique(first) if i})
    steps, encodes = [], []
    for number in range(1, min(len(clip), FRAMES)):
        frame = clip.frame(number)
        begin = time.perf_counter()
        tracker.step(frame)
        middle = time.perf_counter()
        tracker.runtime.encode(frame, tracker.config.size)
        if number > WARM_UP:
            steps.append(middle - begin)
            encodes.append(time.perf_counter() - middle)
    return float(np.median(steps)), float(np.median(encodes))


def race(peer: Peer, sets: dict[str, list[Clip]], venvs: Path, job: dict[str, Any]) -> Row:
    """Run a peer in its environment."""
    row = Row(peer.name)
    try:
        python = _environment(peer.packages, venvs)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "job.json"
            every = [_described(clip) for clips in sets.values() for clip in clips]
            file.write_text(json.dumps({"clips": every, "output": folder, **job}), "utf-8")
            script, *arguments = peer.script
            answer = _run(python, SCRIPTS / script, file, *arguments)
            found = json.loads(answer.splitlines()[-1])
            row.versions = found["versions"]
            row.seconds = {name: float(np.median(s)) for name, s in found["seconds"].items()}
            if peer.scored:
                for name, clips in sets.items():
                    results = Results.of(evaluate(clips, FolderSource(Path(folder))))
                    row.scores[name] = _scores(results)
    except subprocess.CalledProcessError as error:
        row.failure = (error.stderr or error.stdout or str(error)).strip().splitlines()[-1]
    except (OSError, ValueError, LookupError, SamTrackerError) as error:
        row.failure = f"{type(error).__name__}: {error}"
    return row


def _environment(packages: tuple[str, ...], venvs: Path) -> Path:
    """Return the Python of an environment with these packages, made where there is none yet."""
    folder = venvs / hashlib.sha256("\n".join(packages).encode()).hexdigest()[:12]
    python, stamp = folder / "bin" / "python", folder / "packages.txt"
    if not stamp.exists():
        _run(Path(sys.executable), "-m", "venv", "--clear", folder)
        for package in packages:  # torch first, so that what follows is content with it
            _run(python, "-m", "pip", "install", "--quiet", package, *_pinned(packages))
        stamp.write_text("\n".join(packages) + "\n", "utf-8")
    return python


def _pinned(packages: tuple[str, ...]) -> tuple[str, ...]:
    """Return the two that other packages would otherwise replace."""
    return tuple(package for package in packages if package.startswith("torch"))


def _run(program: Path, *arguments: str | Path) -> str:
    quiet = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "HF_HUB_OFFLINE": "1"}
    command = [str(part) for part in (program, *arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=quiet)
    return done.stdout


def _described(clip: Clip) -> dict[str, Any]:
    assert isinstance(clip, FolderClip)
    first = clip.masks[0]
    return {
        "name": clip.name,
        "frames": [str(path.resolve()) for path in clip.images],
        "first_mask": str(first.resolve()) if first else "",
        "merged": clip.merged,
    }


def _scores(results: Results) -> dict[str, float]:
    rows = [*results.clip_rows, results.overall]
    return {row["clip"]: round(row["j_and_f"], 1) for row in rows}


def summary(row: Row, reference: Row, sets: list[str]) -> dict[str, Any]:
    """Return a line of the table, with times as multiples of ours, clip by clip."""
    ratios = [row.seconds[clip] / reference.seconds[clip] for clip in row.seconds]
    line: dict[str, Any] = {"name": row.name}
    if row.failure is not None:
        return {**line, "name": f"{row.name}: {row.failure}"}
    line |= {name: row.scores[name]["all"] for name in sets if name in row.scores}
    low, middle, high = np.percentile(ratios, (25, 50, 75))
    line["time"] = f"{middle:.2f}"
    line["iqr"] = f"{low:.2f}-{high:.2f}"
    line["fps"] = float(np.median([1 / value for value in row.seconds.values()]))
    return line


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--davis", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--multi", type=Path, help="several objects, in DAVIS's layout, no lists")
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--frames", type=int, default=5, help="of the peers with random weights")
    parser.add_argument("--venvs", type=Path, default=Path(".peers"))
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/peers.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    cv2.setNumThreads(args.threads)
    sets = {"davis": read_davis(args.davis, year=2016, split=args.split)}
    if args.multi:
        sets["multi"] = read_davis(args.multi, year=2017, split="all")
    job = {"threads": args.threads, "frames": args.frames, "warm_up": WARM_UP}
    rows = ours(sets, args.weights)
    for peer in tqdm(PEERS):
        rows.append(race(peer, sets, args.venvs.resolve(), job))
    lines = [summary(row, rows[0], list(sets)) for row in rows]
    heads = {name: f"J&F {name}" for name in sets}
    times = {"time": "time of a step / ours", "iqr": "IQR over clips", "fps": "fps"}
    print(table(lines, {"name": "tracker", **heads, **times}))
    result = {"machine": describe(), **job, "rows": [vars(row) for row in rows], "table": lines}
    partial = args.output.with_name(f".{args.output.name}.partial")
    partial.write_text(json.dumps(result, indent=2) + "\n", "utf-8")
    partial.replace(args.output)


if __name__ == "__main__":
    main()
