"""Make a step of a tracker for every line on standard input, and print how long it took, in ms.

    python benchmarks/stepper.py CLIP.npz BACKEND THREADS

It is run by speed.py, in several processes, and by the code of older versions too.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np
import torch

from samtracker import Tracker


def main() -> None:
    """Start in the first frame; then one step and one encoding for each line."""
    path, backend, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    clip = np.load(path)
    frames, ids = clip["frames"], clip["ids"]
    given: Any = {"backend": backend} if backend else {}  # an older version has none to choose
    tracker = Tracker.from_pretrained("lite", **given)
    tracker.init(frames[0], mask={number: ids == number for number in range(1, ids.max() + 1)})
    print("ready", flush=True)
    for number, _ in enumerate(sys.stdin, start=1):
        frame = frames[number]
        begin = time.perf_counter()
        tracker.step(frame)
        middle = time.perf_counter()
        tracker.runtime.encode(frame, tracker.config.size)
        end = time.perf_counter()
        print(1000 * (middle - begin), 1000 * (end - middle), flush=True)


if __name__ == "__main__":
    main()
