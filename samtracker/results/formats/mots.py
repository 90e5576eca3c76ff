"""Masks as MOTS has them, https://www.vision.rwth-aachen.de/page/mots."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from samtracker.files import writing
from samtracker.masks.run_lengths import encode
from samtracker.masks.segmentation import from_segmentation
from samtracker.results.formats.categories import Categories
from samtracker.results.formats.frame_name import FrameLike, FrameName
from samtracker.results.formats.read_frame import ReadFrames, ReadObject, to_result
from samtracker.types import FrameResult

_IGNORED: Final = 10  # class of regions that are no objects


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


def read_mots(path: Path) -> ReadFrames:
    """Yield the frames of a file that have objects; of class N they are called "class N".

    Raises:
        ValueError: The file is damaged, as with other errors of `samtracker.files.DAMAGE`.
        OSError: It cannot be read.
    """
    frames: dict[int, list[list[str]]] = {}
    for number, line in enumerate(path.read_text("ascii").splitlines(), 1):
        parts = line.split()
        if parts and len(parts) != 6:
            raise ValueError(f"line {number} is not 'frame id class height width run-lengths'")
        if parts:
            frames.setdefault(int(parts[0]) - 1, []).append(parts[1:])
    for index, lines in sorted(frames.items()):
        frame = FrameName(index=index)
        size = int(lines[0][2]), int(lines[0][3])
        objects = []
        for object_id, kind, *sides, counts in lines:
            encoded = {"size": sides, "counts": counts}
            if int(kind) != _IGNORED:
                mask = from_segmentation(encoded, size)
                objects.append(ReadObject(int(object_id), mask, _name(kind)))
        yield frame, to_result(frame, size, objects)


def _name(kind: str) -> str:
    return "" if kind == "1" else f"class {kind}"
