"""Correct the tracker in the middle of a stream, with a mask drawn on one of its frames.

python examples/correct.py video.mp4 first.png 120 frame120.png tracked.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image

from samtracker import Tracker, VideoWriter, overlay, read_frames


def main(source: str, first: str, number: str, correction: str, target: str) -> None:
    tracker = Tracker.from_pretrained("lite")
    with read_frames(source) as frames, VideoWriter(Path(target), fps=25) as video:
        for frame in frames:
            if frame.index == 0:
                result = tracker.init(frame.image, mask=np.asarray(Image.open(first)))
            else:
                result = tracker.step(frame.image)
            if frame.index == int(number):
                mask = np.asarray(Image.open(correction))
                print("before:", result[1].box)
                result = tracker.correct(frame.image, 1, mask=mask)  # later frames follow it
                print("after:", result[1].box)
            video.write(overlay(frame.image, result), frame.time)


if __name__ == "__main__":
    main(*sys.argv[1:])
