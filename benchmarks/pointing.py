"""Measure the time from a box or a click to the first mask, with every backend in turns.

    python benchmarks/pointing.py               # the demo clip
    python benchmarks/pointing.py --root DAVIS  # and every clip of a split

Each row is a clip's first frame with its object. What is pointed at may be anywhere, so nothing of
the frame is known beforehand; times are published over that of encoding the frame once, which is
what tracking it takes at least.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from footage import davis_split, demo_frames

from samtracker import Tracker
from samtracker.config import BACKENDS
from samtracker.diagnostics.machine import describe
from samtracker.types import Frame, Mask, mask_box

POINTING = "box", "click"


def first_frames(root: Path | None, split: str) -> Iterator[tuple[str, Frame, Mask]]:
    """Yield names, frames and their objects."""
    frames, masks = demo_frames()
    yield "demo clip", frames[0], masks[1]
    for clip in davis_split(root, split) if root else []:
        yield clip.name, clip.frames()[0], clip.masks()[0]


def tasks(tracker: Tracker, frame: Frame, mask: Mask) -> dict[str, Callable[[], object]]:
    """Return what is timed, by its name."""
    depth = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    y, x = np.unravel_index(int(depth.argmax()), depth.shape)
    box, click = mask_box(mask), (float(x), float(y), 1)
    assert box is not None, "the first frame shows the object"
    size = tracker.config.size
    return {
        "encoder": lambda: tracker.runtime.encode(frame, size),
        "box": lambda: tracker.init(frame, box=box),
        "click": lambda: tracker.init(frame, points=[click]),
    }


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--root", type=Path)
    parser.add_argument("--split", default="dev")
    parser.add_argument("--backend", action="append", choices=BACKENDS[1:])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/pointing.json"))
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    backends = args.backend or ["torch", "openvino", "onnxruntime"]
    trackers = {name: Tracker.from_pretrained("lite", backend=name) for name in backends}
    found: dict[str, dict[str, list[float]]] = {name: {} for name in backends}
    for _, frame, mask in first_frames(args.root, args.split):
        given = {name: tasks(tracker, frame, mask) for name, tracker in trackers.items()}
        times: dict[tuple[str, str], list[float]] = {}
        for number in range(1 + args.rounds):
            for name, functions in given.items():
                for task, function in functions.items():
                    begin = time.perf_counter()
                    function()
                    if number:  # the first round is the warm-up
                        passed = time.perf_counter() - begin
                        times.setdefault((name, task), []).append(1000 * passed)
        for (name, task), row in times.items():
            found[name].setdefault(task, []).append(float(np.median(row)))
    medians = {
        name: {task: round(float(np.median(rows)), 1) for task, rows in parts.items()}
        for name, parts in found.items()
    }
    print(f"{'ms (times the encoder)':24}", *(f"{task:>18}" for task in POINTING))
    for name, timed in medians.items():
        ratios = (timed[task] / timed["encoder"] for task in POINTING)
        cells = (
            f"{timed[task]:9.1f} ({ratio:.2f})"
            for task, ratio in zip(POINTING, ratios, strict=True)
        )
        print(f"{name:24}", *(f"{cell:>18}" for cell in cells))
    result = {"machine": describe(), "medians_ms": medians, "rows": found}
    args.output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
