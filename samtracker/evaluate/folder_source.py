"""A source of masks that lie in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from samtracker.data.clip import Clip
from samtracker.data.picture_files import read_ids
from samtracker.evaluate.clip import Ids


@dataclass(frozen=True)
class FolderSource:
    """Reads the masks `<folder>/<clip>/<frame>.png`, whatever wrote them.

    Attributes:
        folder: Folder that holds one folder per clip.
    """

    folder: Path

    def read(self, clip: Clip, number: int) -> Ids:
        """Read the mask of a frame.

        Args:
            clip: Clip with the frame.
            number: Number of the frame in the clip.

        Returns:
            Ids (H, W); all are 1 where the data set takes them as one object.

        Raises:
            DatasetError: The file is missing or damaged.
        """
        ids = read_ids(self.folder / clip.name / f"{clip.stem(number)}.png")
        return (ids > 0).astype(np.uint16) if clip.merged else ids

    def masks(self, clip: Clip) -> Iterator[tuple[int, Ids]]:
        """Yield the ids in the labeled frames but the first and the last, see `MaskSource`.

        Raises:
            DatasetError: A file is missing or damaged.
        """
        for number in clip.labeled[1:-1]:
            yield number, self.read(clip, number)

    def run(self) -> None:
        """Return None, because no tracker ran."""
