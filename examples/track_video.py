"""Track one object through a video.

python examples/track_video.py video.mp4 420 130 760 650 tracked.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path

from samtracker import Tracker, VideoWriter, overlay, read_frames


def main(source: str, x1: str, y1: str, x2: str, y2: str, target: str) -> None:
    tracker = Tracker.from_pretrained("lite")
    with (
        read_frames(source) as frames,
        VideoWriter(Path(target), fps=frames.info.fps or 25, audio_from=frames.path) as video,
    ):
        for frame in frames:
            if frame.index == 0:
                box = float(x1), float(y1), float(x2), float(y2)
                result = tracker.init(frame.image, box=box, timestamp=frame.time)
            else:
                result = tracker.step(frame.image, frame.time)
            video.write(overlay(frame.image, result), frame.time)
            print(frame.index, [(item.id, item.state, item.box) for item in result.objects])


if __name__ == "__main__":
    main(*sys.argv[1:])
