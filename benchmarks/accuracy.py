"""J&F of the tracker on a DAVIS split, with and without the target model.

    python benchmarks/accuracy.py --root DAVIS --split dev

The first and the last frame are left out, as in the official evaluation.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from footage import DavisClip, davis_split
from machine import describe
from tqdm import tqdm

from samtracker import Tracker
from samtracker.metrics import boundary_accuracy, region_similarity


def score(tracker: Tracker, clip: DavisClip) -> tuple[float, float]:
    """Mean J and F of a clip, in percent."""
    frames, truth = clip.frames(), clip.masks()
    first = tracker.init(frames[0], mask=truth[0])
    (object_id,) = (item.id for item in first.objects)
    found = [tracker.step(frame)[object_id].mask for frame in frames[1:-1]]
    pairs = list(zip(found, truth[1:-1], strict=True))
    region = np.mean([region_similarity(*pair) for pair in pairs])
    boundary = np.mean([boundary_accuracy(*pair) for pair in pairs])
    return 100 * float(region), 100 * float(boundary)


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, required=True)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--weights", default="lite")
    parser.add_argument("--memory", default="anchored")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/accuracy.json"))
    args = parser.parse_args()
    clips = davis_split(args.root, args.split)
    table: dict[str, dict[str, tuple[float, float]]] = {}
    for name, target_model in (("propagation", False), ("with target model", True)):
        tracker = Tracker.from_pretrained(
            args.weights, memory=args.memory, precision=args.precision, target_model=target_model
        )
        rows = {clip.name: score(tracker, clip) for clip in tqdm(clips, desc=name)}
        means = np.mean(list(rows.values()), axis=0)
        rows["mean"] = float(means[0]), float(means[1])
        table[name] = rows
    print(f"{'clip':20}" + "".join(f"{name:>24}" for name in table))
    for clip_name in [*(clip.name for clip in clips), "mean"]:
        cells = (rows[clip_name] for rows in table.values())
        texts = (f"{(j + f) / 2:5.1f} (J {j:4.1f} F {f:4.1f})" for j, f in cells)
        print(f"{clip_name:20}" + "".join(f"{text:>24}" for text in texts))
    result = {
        "machine": describe(),
        "weights": args.weights,
        "memory": args.memory,
        "scores": table,
    }
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
