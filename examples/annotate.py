"""Track both ways between boxes in several frames: each is FRAME:x1,y1,x2,y2, all of one object.

python examples/annotate.py video.mp4 tracked.mp4 0:420,130,760,650 90:400,120,740,640
"""

from __future__ import annotations

import sys
from pathlib import Path

from samtracker import VideoWriter, overlay
from samtracker.jobs import Place, PlacedPrompt, PromptedObject, annotate


def prompt(text: str) -> PlacedPrompt:
    frame, _, box = text.partition(":")
    x1, y1, x2, y2 = map(float, box.split(","))
    return PlacedPrompt(place=Place(frame=int(frame)), box=(x1, y1, x2, y2))


def main(source: str, target: str, *boxes: str) -> None:
    thing = PromptedObject(name="object", prompts=tuple(map(prompt, boxes)))
    with VideoWriter(Path(target), fps=25) as video:
        for result in annotate(source, [thing], direction="both"):
            print(result.index, result[1].state, f"{result[1].score:.2f}")
            video.write(overlay(result.image, result), result.timestamp)


if __name__ == "__main__":
    main(*sys.argv[1:])
