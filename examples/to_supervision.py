"""Draw the results with supervision's annotators; pip install supervision.

python examples/to_supervision.py video.mp4 first.png tracked.mp4
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import supervision as sv
from PIL import Image

from samtracker import Tracker, VideoWriter, read_frames


def main(source: str, first: str, target: str) -> None:
    tracker = Tracker.from_pretrained("lite")
    masks = sv.MaskAnnotator(color_lookup=sv.ColorLookup.TRACK)
    labels = sv.LabelAnnotator(color_lookup=sv.ColorLookup.TRACK)
    with read_frames(source) as frames, VideoWriter(Path(target), fps=25) as video:
        for frame in frames:
            if frame.index == 0:
                result = tracker.init(frame.image, mask=np.asarray(Image.open(first)))
            else:
                result = tracker.step(frame.image)
            detections = result.to_supervision()
            texts = [f"{item.id} {item.score:.2f}" for item in result.objects if item.box]
            picture = frame.image[..., ::-1].copy()  # annotators draw on BGR
            picture = masks.annotate(picture, detections)
            picture = labels.annotate(picture, detections, labels=texts)
            video.write(picture[..., ::-1], frame.time)


if __name__ == "__main__":
    main(*sys.argv[1:])
