"""How well the score of a mask tells its IoU with the truth: expected calibration error.

    python benchmarks/calibration.py --root DAVIS --split dev

Frames are sorted into ten bins by their score; the error is the mean distance between score and IoU
of a bin, weighted by its frames (Naeini et al., AAAI 2015, with the IoU in place of the accuracy).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from tqdm import tqdm

from samtracker import Tracker
from samtracker.data.davis import read_davis
from samtracker.data.sequence import Sequence
from samtracker.machine import describe
from samtracker.metrics import region_similarity

BINS = 10


def pairs(tracker: Tracker, clip: Sequence) -> list[tuple[float, float]]:
    """Score and IoU in each frame after the first in which there is a mask or should be one."""
    tracker.init(clip.frame(0), mask={1: clip.mask(0) > 0})
    found = []
    for number in range(1, len(clip)):
        (item,) = tracker.step(clip.frame(number)).objects
        truth = clip.mask(number) > 0
        if item.box is not None or truth.any():
            found.append((item.score, region_similarity(item.mask, truth)))
    return found


def main() -> None:
    """Print the bins and the error, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/calibration.json"))
    args = parser.parse_args()
    tracker = Tracker.from_pretrained(args.weights)
    clips = read_davis(args.root, year=2016, split=args.split)
    every = np.array([pair for clip in tqdm(clips) for pair in pairs(tracker, clip)])
    scores, ious = every.T
    numbers = np.minimum((BINS * scores).astype(int), BINS - 1)
    rows, error = [], 0.0
    for number in range(BINS):
        inside = numbers == number
        if inside.any():
            score, iou = float(scores[inside].mean()), float(ious[inside].mean())
            error += float(inside.mean()) * abs(score - iou)
            rows.append({"frames": int(inside.sum()), "score": score, "iou": iou})
            print(f"{inside.sum():6} frames: score {score:.2f}, IoU {iou:.2f}")
    print(f"expected calibration error {error:.3f} over {len(every)} frames")
    result = {"machine": describe(), "weights": args.weights, "bins": rows, "error": error}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
