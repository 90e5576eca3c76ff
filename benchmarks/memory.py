"""Resident memory over a long stream: the demo clip played forward and back, again and again.

python benchmarks/memory.py --steps 3000
"""

from __future__ import annotations

import argparse
import json
from itertools import cycle
from pathlib import Path

import psutil
from footage import demo_frames
from tqdm import tqdm

from samtracker import Tracker
from samtracker.machine import describe


def main() -> None:
    """Print the growth after the 500th step and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--size", type=int, default=480)
    parser.add_argument("--memory", default="bank:1")
    parser.add_argument("--settled", type=int, default=500)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/memory.json"))
    args = parser.parse_args()
    frames, masks = demo_frames()
    tracker = Tracker.from_pretrained("lite", size=args.size, memory=args.memory)
    tracker.init(frames[0], mask=masks)
    process, resident = psutil.Process(), []
    loop = cycle([*frames[1:], *frames[-2:0:-1]])
    for _, frame in zip(tqdm(range(args.steps)), loop, strict=False):
        tracker.step(frame)
        resident.append(process.memory_info().rss / 2**20)
    settled, largest = resident[args.settled], max(resident[args.settled :])
    growth = 100 * (largest / settled - 1)
    print(f"{settled:.0f} MB after {args.settled} steps, at most {largest:.0f} MB: +{growth:.1f} %")
    result = {
        "machine": describe(),
        "steps": args.steps,
        "memory": args.memory,
        "settled_mb": round(settled),
        "largest_mb": round(largest),
        "growth_percent": round(growth, 2),
    }
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
