"""Reading the run lengths that `RleWriter` wrote."""

from __future__ import annotations

import json
from pathlib import Path

from samtracker.masks.polygons import check_pixels
from samtracker.masks.segmentation import from_segmentation
from samtracker.results.formats.frame_name import FrameName
from samtracker.results.formats.read_frame import ReadFrames, ReadObject, to_result


def read_rle(path: Path) -> ReadFrames:
    """Yield the frames of a file, one line after the other.

    Raises:
        ValueError: The file is damaged, as with other errors of `samtracker.files.DAMAGE`.
        OSError: It cannot be read.
    """
    with path.open(encoding="ascii") as lines:
        for line in lines:
            data = json.loads(line)
            source = data["source"]
            frame = FrameName(
                index=int(data["frame"]),
                time=data["time"],
                source=source,
                stem=None if source is None else Path(source).stem,
            )
            height, width = (int(side) for side in data["size"])
            check_pixels((height, width))
            objects = [
                ReadObject(
                    int(item["id"]),
                    from_segmentation(item["segmentation"], (height, width)),
                    str(item.get("name", "")),
                    float(item["score"]),
                )
                for item in data["objects"]
            ]
            yield frame, to_result(frame, (height, width), objects)
