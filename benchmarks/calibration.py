"""Measure how well the score of a mask tells its IoU with the truth: expected calibration error.

    python benchmarks/calibration.py --root DAVIS --split dev

Frames with a mask are sorted into ten bins by its score; the error is the mean distance between the
mean score and the mean IoU of a bin, weighted by its frames (Naeini et al., AAAI 2015; Guo et al.,
ICML 2017, with the IoU in place of the accuracy).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from footage import DavisClip, davis_split
from tqdm import tqdm

from samtracker import Tracker
from samtracker.diagnostics.machine import describe
from samtracker.evaluate.metrics import region_similarity

BINS = 10


def pairs(tracker: Tracker, clip: DavisClip) -> list[tuple[float, float]]:
    """Return score and IoU in each frame after the first in which there is a mask."""
    frames, truths = clip.frames(), clip.masks()
    tracker.init(frames[0], mask=truths[0])
    items = [tracker.step(frame)[1] for frame in frames[1:]]
    return [
        (item.score, region_similarity(item.mask, truth))
        for item, truth in zip(items, truths[1:], strict=True)
        if item.box is not None
    ]


def main() -> None:
    """Print the bins and the error, and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/calibration.json"))
    args = parser.parse_args()
    tracker = Tracker.from_pretrained(args.weights)
    clips = davis_split(args.root, args.split)
    scores, ious = np.array([pair for clip in tqdm(clips) for pair in pairs(tracker, clip)]).T
    bins = (BINS * scores).astype(int).clip(max=BINS - 1)
    rows = []
    print(f"{'score':12}{'frames':>8}{'mean score':>12}{'mean IoU':>10}")
    for number in np.unique(bins):
        inside = bins == number
        score, iou = float(scores[inside].mean()), float(ious[inside].mean())
        low, high = number / BINS, (number + 1) / BINS
        rows.append(
            {
                "from": low,
                "frames": int(inside.sum()),
                "score": round(score, 4),
                "iou": round(iou, 4),
            }
        )
        print(f"{f'{low:.1f} to {high:.1f}':12}{inside.sum():8}{score:12.3f}{iou:10.3f}")
    error = sum(row["frames"] * abs(row["score"] - row["iou"]) for row in rows) / len(scores)
    print(f"expected calibration error {error:.3f} over {len(scores)} frames")
    result = {
        "machine": describe(),
        "weights": args.weights,
        "split": args.split,
        "frames": len(scores),
        "error": round(error, 4),
        "bins": rows,
    }
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
