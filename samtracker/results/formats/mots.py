"""Masks as MOTS has them, https://www.vision.rwth-aachen.de/page/mots."""

from __future__ import annotations

from pathlib import Path

from samtracker.files import writing
from samtracker.masks.run_lengths import encode
from samtracker.results.formats.categories import Categories
from samtracker.results.formats.frame_name import FrameLike
from samtracker.types import FrameResult


class MotsWriter:
    """A line for every object in every frame; frames count from 1, as in the MOTS Challenge.

    `frame id class height width counts`, with COCO's compressed run lengths. Classes are
    numbered from 1 in the order in which their names come.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._categories = Categories(1)
        with writing(path):
            self._file = path.open("w", encoding="ascii", newline="\n")

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        height, width = result.size
        with writing(self._path):
            for item in result.objects:
                if item.box is not None:
                    number = self._categories.number_of(item)
                    begin = f"{frame.index + 1} {item.id} {number} {height} {width}"
                    self._file.write(f"{begin} {encode(item.mask)['counts']}\n")
            self._file.flush()

    def close(self) -> None:
        """See `Writer`."""
        with writing(self._path):
            self._file.close()
