"""Measure the time of a whole step as a multiple of the encoder alone, in one process.

    python benchmarks/speed.py                     # the demo clip, one and eight objects
    python benchmarks/speed.py --root DAVIS        # and every clip of a split

Each clip is warmed up for some frames; the ratio is median over median, with the encoder timed
between the steps so that a change of the machine's load meets both.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from footage import davis_split, demo_frames

from samtracker import Tracker
from samtracker.diagnostics.machine import describe
from samtracker.types import Frame, Mask

WARM_UP = 8
FRAMES = 48


def ratio(tracker: Tracker, frames: list[Frame], masks: dict[int, Mask]) -> dict[str, float]:
    """Return median and IQR of step and encoder in ms, and the ratio of the medians."""
    tracker.init(frames[0], mask=masks)
    steps, encodes = [], []
    for index, frame in enumerate(frames[1 : WARM_UP + FRAMES]):
        begin = time.perf_counter()
        tracker.step(frame)
        middle = time.perf_counter()
        tracker.runtime.encode(frame, tracker.config.size)
        end = time.perf_counter()
        if index >= WARM_UP:
            steps.append(1000 * (middle - begin))
            encodes.append(1000 * (end - middle))
    (low, step, high), (least, encode, most) = (
        np.percentile(times, (25, 50, 75)).round(1).tolist() for times in (steps, encodes)
    )
    return {
        "step_ms": step,
        "step_iqr_ms": round(high - low, 1),
        "encoder_ms": encode,
        "encoder_iqr_ms": round(most - least, 1),
        "ratio": round(step / encode, 2),
    }


def eight(mask: Mask) -> dict[int, Mask]:
    """Cut a mask into eight objects, top to bottom."""
    rows = np.flatnonzero(mask.any(axis=1))
    pieces = {}
    for number, stretch in enumerate(np.array_split(rows, 8), start=1):
        piece = np.zeros_like(mask)
        piece[stretch] = mask[stretch]
        pieces[number] = piece
    return pieces


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/speed.json"))
    args = parser.parse_args()
    tracker = Tracker.from_pretrained("lite", precision=args.precision)
    frames, masks = demo_frames()
    rows = {
        "demo clip, 1 object": ratio(tracker, frames, masks),
        "demo clip, 8 objects": ratio(tracker, frames, eight(masks[1])),
    }
    for clip in davis_split(args.root, args.split) if args.root else []:
        rows[f"{clip.name}, 1 object"] = ratio(tracker, clip.frames(), {1: clip.masks()[0]})
        rows[f"{clip.name}, 8 objects"] = ratio(tracker, clip.frames(), eight(clip.masks()[0]))
    precision = tracker.runtime.precision_name
    print(f"{'lite at 480, ' + precision:32}{'step':>8}{'encoder':>10}{'ratio':>8}")
    for name, row in rows.items():
        print(f"{name:32}{row['step_ms']:8.1f}{row['encoder_ms']:10.1f}{row['ratio']:8.2f}")
    result = {"machine": describe(), "precision": precision, "rows": rows}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
