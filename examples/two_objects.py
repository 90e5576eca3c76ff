"""Objects that come and go: a second one joins in frame 3, the first one leaves in frame 6.

python examples/two_objects.py video.mp4 420,130,760,650 100,200,180,300 tracked.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path

from samtracker import Tracker, VideoWriter, overlay, read_frames

JOINS, LEAVES = 3, 6


def box(text: str) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = map(float, text.split(","))
    return x1, y1, x2, y2


def main(source: str, first: str, second: str, target: str) -> None:
    tracker = Tracker.from_pretrained("lite")
    with read_frames(source) as frames, VideoWriter(Path(target), fps=25) as video:
        for frame in frames:
            if frame.index == 0:
                result = tracker.init(frame.image, box=box(first))
            else:
                result = tracker.step(frame.image)
            if frame.index == JOINS:
                result = tracker.add_object(frame.image, box=box(second))
            if frame.index == LEAVES:
                tracker.remove_object(1)  # from the next frame on
            print(frame.index, [item.id for item in result.objects])
            video.write(overlay(frame.image, result), frame.time)


if __name__ == "__main__":
    main(*sys.argv[1:])
