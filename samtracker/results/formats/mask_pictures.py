"""Reading a folder of mask pictures, one a frame, whose values are ids."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from samtracker.prompts.mask_formats import open_picture
from samtracker.results.formats.frame_name import FrameName, numbers_of
from samtracker.results.formats.read_frame import ReadFrames, ReadObject, to_result
from samtracker.video.stills import natural_order


def read_masks(folder: Path) -> ReadFrames:
    """Yield the frames of a folder of PNGs as DAVIS has them: palette or gray, values are ids.

    Raises:
        ValueError: A picture has colors instead of ids.
        OSError: It cannot be read.
    """
    files = sorted(folder.glob("*.png"), key=lambda path: natural_order(path.name))
    for path, index in zip(files, numbers_of(files), strict=True):
        picture = open_picture(path)
        if picture.mode not in ("1", "L", "P", "I", "I;16"):
            raise ValueError(f"'{path.name}' has colors: give palette or gray pictures of ids")
        ids = np.asarray(picture)
        objects = [ReadObject(int(i), ids == i) for i in np.unique(ids) if i]
        frame = FrameName(index=index, stem=path.stem)
        yield frame, to_result(frame, (ids.shape[0], ids.shape[1]), objects)
