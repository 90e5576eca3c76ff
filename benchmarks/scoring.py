"""Compare the time of scoring mask pairs, and the scores, with the package vos-benchmark.

python benchmarks/scoring.py --pairs 1000
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import cv2
import numpy as np
from vos_benchmark.evaluator import Evaluator

from samtracker.data.cutout import random_region
from samtracker.data.photos import paint
from samtracker.diagnostics.machine import describe
from samtracker.evaluate.metrics import boundary_accuracy, region_similarity
from samtracker.types import Mask

SIZE = (480, 854)

Pair = tuple[Mask, Mask]


def pairs(count: int) -> list[Pair]:
    """Return regions of painted pictures, and the same shifted and with other edges."""
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(count):
        small = random_region(paint((96, 96), rng), rng).astype(np.uint8)
        truth = cv2.resize(small, SIZE[::-1], interpolation=cv2.INTER_NEAREST)
        kernel = np.ones((3, 3), np.uint8)
        other = cv2.dilate(truth, kernel) if rng.random() < 0.5 else cv2.erode(truth, kernel)
        shift = rng.integers(-12, 13, 2)
        drawn.append((np.roll(other, shift, axis=(0, 1)).astype(np.bool_), truth.astype(np.bool_)))
    return drawn


def theirs(pair: Pair) -> tuple[float, float]:
    """Return J and F of vos-benchmark, 1 and 1 where it has no object."""
    evaluator = Evaluator()
    evaluator.feed_frame(*(mask.astype(np.uint8) for mask in pair))
    j, f = evaluator.object_iou.get(1, [1.0]), evaluator.boundary_f.get(1, [1.0])
    return float(j[0]), float(f[0])


def ours(pair: Pair) -> tuple[float, float]:
    """Return J and F of `samtracker.evaluate.metrics`."""
    return region_similarity(*pair), boundary_accuracy(*pair)


def main() -> None:
    """Print both times and the largest difference, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=1000)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/scoring.json"))
    args = parser.parse_args()
    drawn = pairs(args.pairs)
    seconds: dict[str, list[float]] = {"ours": [], "vos-benchmark": []}
    difference = 0.0
    for pair in drawn:
        begin = time.perf_counter()
        mine = ours(pair)
        middle = time.perf_counter()
        reference = theirs(pair)
        seconds["vos-benchmark"].append(time.perf_counter() - middle)
        seconds["ours"].append(middle - begin)
        difference = max(difference, *np.abs(np.subtract(mine, reference)))
    totals = {name: round(sum(values), 2) for name, values in seconds.items()}
    ratio = totals["ours"] / totals["vos-benchmark"]
    print(f"{args.pairs} pairs of {SIZE[1]}x{SIZE[0]}: {totals}, ratio {ratio:.2f}")
    print(f"largest difference {difference:.1e}")
    result = {
        "machine": describe(),
        "pairs": args.pairs,
        "seconds": totals,
        "ratio": round(ratio, 3),
        "largest_difference": difference,
    }
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
