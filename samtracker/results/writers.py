"""Results as files: mask pictures, COCO run lengths, a table."""

from __future__ import annotations

import csv
import json
import zlib
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker.files import replacing, writing
from samtracker.masks.run_lengths import encode
from samtracker.palette import PALETTE
from samtracker.results.formats.frame_name import FrameLike, stem_of
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame


class Writer(Protocol):
    """Takes the result of one frame after another."""

    def write(self, frame: VideoFrame, result: FrameResult) -> None:
        """Write one frame.

        Args:
            frame: The frame, for its number, time and names.
            result: The objects in the frame.

        Raises:
            OutputError: The disk is full or the file cannot be written.
        """

    def close(self) -> None:
        """Finish the file; what was written until then is on the disk at any time."""


class NameWriter(Protocol):
    """A `Writer` that needs no pixels of the frames."""

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""

    def close(self) -> None:
        """See `Writer`."""


def save_ids(path: Path, ids: NDArray[np.uint16]) -> None:
    """Write a mask as DAVIS has them: an 8-bit palette PNG, the index is the id.

    With an id above 255, more than a palette holds, it is a 16-bit gray PNG whose values are the
    ids. Both come back exactly through `read_mask` with the kind "ids"; without it, unless 255
    beside others or 65535 (white) is among the ids.

    Args:
        path: Path of the PNG.
        ids: Object ids (H, W), 0 where there is no object.

    Raises:
        OutputError: The disk is full or the file cannot be written.
    """
    if ids.max() <= 255:
        image = Image.fromarray(ids.astype(np.uint8))
        image.putpalette(PALETTE.tobytes())
    else:
        image = Image.fromarray(ids)
    with replacing(path) as partial:
        # A mask is runs: to look for nothing else takes half the time, and no more space.
        image.save(partial, format="PNG", compress_type=zlib.Z_RLE)


class MaskWriter:
    """One PNG a frame, see `save_ids`: `00012.png`, or with the name of the picture it is of."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        save_ids(self._folder / f"{stem_of(frame)}.png", result.id_map)

    def close(self) -> None:
        """Do nothing: each picture is complete."""


class RleWriter:
    """JSON lines, one a frame, with the masks as compressed COCO run lengths.

    `{"frame", "time", "source": name of the picture or null, "size": [H, W], "objects": [{"id",
    "score", "state", "box": [x1, y1, x2, y2] or null, "segmentation": {"size": [H, W],
    "counts"}}]}`; an object that has a name also has "name".
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with writing(path):
            self._file = path.open("w", encoding="ascii", newline="\n")

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        objects = [
            {
                "id": item.id,
                "score": item.score,
                "state": str(item.state),
                "box": item.box,
                "segmentation": encode(item.mask),
                **({"name": item.name} if item.name else {}),
            }
            for item in result.objects
        ]
        line = {
            "frame": frame.index,
            "time": frame.time,
            "source": frame.source,
            "size": result.size,
            "objects": objects,
        }
        with writing(self._path):
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with writing(self._path):
            self._file.close()


class CsvWriter:
    """A table with one row per frame and object; a lost object has no box and area 0.

    The source is the name of the picture that the frame comes from, empty with videos.
    """

    COLUMNS: Final = (
        *("frame", "time", "id", "state", "score", "x1", "y1", "x2", "y2", "area", "source"),
    )

    def __init__(self, path: Path) -> None:
        self._path = path
        with writing(path):
            # A name that is no text is written with backslashes.
            self._file = path.open("w", encoding="utf-8", errors="backslashreplace", newline="")
            self._table = csv.writer(self._file, lineterminator="\n")
            self._table.writerow(self.COLUMNS)

    def write(self, frame: FrameLike, result: FrameResult) -> None:
        """See `Writer`."""
        with writing(self._path):
            for item in result.objects:
                box = item.box or ("", "", "", "")
                area = np.count_nonzero(item.mask)
                found = (item.id, item.state, item.score, *box, area)
                self._table.writerow((frame.index, frame.time, *found, frame.source or ""))
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        with writing(self._path):
            self._file.close()
