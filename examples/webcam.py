"""Track what you draw a box around, live, until q is pressed.

python examples/webcam.py
"""

from __future__ import annotations

import argparse

import cv2

from samtracker import Tracker, overlay, read_frames
from samtracker.types import Box, Frame


def draw_box(image: Frame) -> Box:
    """Drag a box with the mouse, then press Enter."""
    x, y, width, height = cv2.selectROI("samtracker", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return x, y, x + width, y + height


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("source", nargs="?", default="0", help="camera, file or URL")
    parser.add_argument("--box", type=float, nargs=4, help="instead of drawing one")
    parser.add_argument("--no-window", action="store_true", help="print only; needs --box")
    options = parser.parse_args()
    tracker = Tracker.from_pretrained("lite")
    with read_frames(options.source) as frames:
        image = next(frames).image
        result = tracker.init(image, box=options.box or draw_box(image))
        for frame in frames:
            result = tracker.step(frame.image, frame.time)
            print(f"{frame.time:.2f} s", result[1].state, result[1].box)
            if options.no_window:
                continue
            cv2.imshow("samtracker", cv2.cvtColor(overlay(frame.image, result), cv2.COLOR_RGB2BGR))
            if cv2.waitKey(1) == ord("q"):
                break


if __name__ == "__main__":
    main()
