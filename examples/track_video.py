"""Track one object through a video.

python examples/track_video.py video.mp4 420,130,760,650 tracked.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path

from samtracker import Tracker, VideoWriter, overlay, read_frames


def main(source: str, box: str, target: str) -> None:
    x1, y1, x2, y2 = map(float, box.split(","))
    tracker = Tracker.from_pretrained("lite")
    with (
        read_frames(source) as frames,
        VideoWriter(Path(target), fps=frames.info.fps or 25, audio_from=frames.path) as video,
    ):
        for frame in frames:
            if frame.index == 0:
                result = tracker.init(frame.image, box=(x1, y1, x2, y2), timestamp=frame.time)
            else:
                result = tracker.step(frame.image, frame.time)
            video.write(overlay(frame.image, result), frame.time)
            for item in result.objects:
                print(f"{frame.time:.2f} s: object {item.id} {item.state} {item.box}")


if __name__ == "__main__":
    main(*sys.argv[1:])
