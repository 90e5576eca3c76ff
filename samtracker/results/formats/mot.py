"""Boxes as the MOT Challenge has them, https://motchallenge.net/instructions."""

from __future__ import annotations

from pathlib import Path

from samtracker.files import writing
from samtracker.results.formats.frame_name import FrameLike
from samtracker.types import FrameResult


class MotWriter:
    """A line for every object in every frame; frames and pixels count from 1.

    `frame,id,left,top,width,height,score,-1,-1,-1`
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with writing(path):
            self._file = path.open("w", encoding="ascii", newline="\n")

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        with writing(self._path):
            for item in result.objects:
                if item.box is not None:
                    x1, y1, x2, y2 = item.box
                    place = f"{x1 + 1:g},{y1 + 1:g},{x2 - x1:g},{y2 - y1:g}"
                    score = f"{item.score:.6g},-1,-1,-1"
                    self._file.write(f"{frame.index + 1},{item.id},{place},{score}\n")
            self._file.flush()

    def close(self) -> None:
        """See `Writer`."""
        with writing(self._path):
            self._file.close()
