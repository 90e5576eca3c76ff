"""Measure what grows in a stream that never ends: memory over many steps and many edits.

    python benchmarks/endurance.py                       # 20,000 steps and 500 edits
    python benchmarks/endurance.py --steps 3000 --size 480

The demo clip is played forward and back, again and again. First the rabbit alone is tracked. Then
objects, eight at most, are added at random places and removed at random, with a step after each of
these edits.
"""

from __future__ import annotations

import argparse
import gc
import json
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import torch
from footage import demo_frames
from tqdm import tqdm

from samtracker import Tracker
from samtracker.diagnostics.machine import describe
from samtracker.types import FrameResult, Mask

MOST = 8
"""Largest number of objects at a time."""

RADII = (0.05, 0.15)
"""Smallest and largest radius of a new object, as shares of the frame's short side."""


def steps(tracker: Tracker, count: int, settled: int) -> dict[str, Any]:
    """Measure resident memory over many steps."""
    frames, masks = demo_frames()
    tracker.init(frames[0], mask=masks)
    resident = []
    loop = cycle([*frames[1:], *frames[-2:0:-1]])
    for _, frame in zip(tqdm(range(count), "steps"), loop, strict=False):
        tracker.step(frame)
        resident.append(_resident())
    return {"steps": count, **_growth(resident, settled)}


def edits(tracker: Tracker, count: int, settled: int, seed: int) -> dict[str, Any]:
    """Measure resident memory, live tensors and ids while objects come and go."""
    rng = np.random.default_rng(seed)
    frames, masks = demo_frames()
    tracker.reset()
    gc.collect()
    idle = _tensors()
    shown, result = frames[0], tracker.init(frames[0], mask=masks)
    used, twice = {*tracker.object_ids}, 0
    resident, tensors = [], []
    loop = cycle([*frames[1:], *frames[-2:0:-1]])
    for _, frame in zip(tqdm(range(count), "edits"), loop, strict=False):
        known = tracker.object_ids
        if known and (len(known) == MOST or rng.random() < 0.4):
            tracker.remove_object(int(rng.choice(known)))
        else:
            result = tracker.add_object(shown, mask=_place(result, rng))
            (new,) = set(tracker.object_ids) - set(known)
            twice += new in used
            used.add(new)
        shown, result = frame, tracker.step(frame)
        resident.append(_resident())
        tensors.append(_tensors())
    tracker.reset()
    gc.collect()
    return {
        "edits": count,
        **_growth(resident, settled),
        "ids": len(used),
        "ids_used_twice": twice,
        "tensors_largest_early": max(tensors[settled : 2 * settled]),
        "tensors_largest_late": max(tensors[-settled:]),
        "tensors_left_after_reset": _tensors() - idle,
    }


def _place(result: FrameResult, rng: np.random.Generator) -> Mask:
    """Return a disc somewhere, without what other objects cover."""
    height, width = result.size
    y, x = np.ogrid[:height, :width]
    while True:
        row, column = rng.uniform(0, height), rng.uniform(0, width)
        near = np.hypot(y - row, x - column) < height * rng.uniform(*RADII)
        mask: Mask = near & (result.id_map == 0)
        if mask.any():
            return mask


def _growth(resident: list[float], settled: int) -> dict[str, float]:
    """Return the growth from the end of the warm-up to the largest memory after it."""
    first, largest = resident[settled - 1], max(resident[settled - 1 :])
    growth = round(100 * (largest / first - 1), 2)
    return {
        "settled_after": settled,
        "settled_mb": round(first),
        "largest_mb": round(largest),
        "growth_percent": growth,
    }


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / 2**20


def _tensors() -> int:
    """Count the tensors that are alive in this process, without those that only C++ knows."""
    return sum(issubclass(type(item), torch.Tensor) for item in gc.get_objects())


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--edits", type=int, default=500)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--memory", default="bank:1")
    parser.add_argument("--settled", type=int, nargs=2, default=(1000, 100), help="steps, edits")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/endurance.json"))
    args = parser.parse_args()
    tracker = Tracker.from_pretrained("lite", size=args.size, memory=args.memory)
    rows = {
        "one object": steps(tracker, args.steps, args.settled[0]),
        "objects that come and go": edits(tracker, args.edits, args.settled[1], args.seed),
    }
    for title, row in rows.items():
        print(title)
        for name, value in row.items():
            print(f"  {name.replace('_', ' '):26}{value:>10}")
    result = {"machine": describe(), "size": args.size, "memory": args.memory, "rows": rows}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
