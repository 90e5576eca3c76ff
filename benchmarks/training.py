"""Measure training: samples per second, share of the time spent on data, and peak memory.

    python benchmarks/training.py --data davis:DAVIS --steps 200
    python benchmarks/training.py --data davis:DAVIS --steps 5 --weights sam_vit_b.pth --size 1024

Each preset runs in a process of its own; the first tenth of the steps is the warm-up.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch

from samtracker.config import PRESETS, TrainConfig
from samtracker.diagnostics.machine import describe
from samtracker.train.metrics_log import read_metrics


def measure(preset: str, arguments: list[str], steps: int) -> dict[str, float]:
    """Run one training of so many steps, and return its figures."""
    config = TrainConfig.preset(preset)
    with tempfile.TemporaryDirectory() as folder:
        count = ["--epochs", "1", "--instances", str(steps * config.batch)]
        command = ["-m", "samtracker", "train", "--preset", preset, *count, *arguments]
        subprocess.run([sys.executable, *command, "-o", folder], check=True)
        rows = read_metrics(Path(folder))
    rows = rows[len(rows) // 10 :]
    seconds = np.array([row["seconds"] for row in rows])
    return {
        "steps": len(rows),
        "step_s": round(float(np.median(seconds)), 3),
        "step_iqr_s": round(float(np.subtract(*np.percentile(seconds, (75, 25)))), 3),
        "samples_per_s": round(config.batch * len(rows) / float(seconds.sum()), 2),
        "waiting_percent": round(
            100 * sum(row["waiting"] for row in rows) / float(seconds.sum()), 2
        ),
        "peak_mb": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024,
    }


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True)
    parser.add_argument("--preset", nargs="+", default=PRESETS)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--size")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/training.json"))
    args = parser.parse_args()
    arguments = ["--data", args.data, "--weights", args.weights]
    arguments += ["--size", args.size] if args.size else []
    rows = {preset: measure(preset, arguments, args.steps) for preset in args.preset}
    print(json.dumps(rows, indent=2))
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    settings = {"weights": Path(args.weights).name, "size": args.size, "gpu": gpu}
    result = {"machine": describe(), **settings, "rows": rows}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
