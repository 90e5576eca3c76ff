"""Masks that lie in a folder."""

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
    """A source that reads `<folder>/<clip>/<frame>.png`, whatever wrote it.

    Attributes:
        folder: of the clips.
    """

    folder: Path

    def read(self, clip: Clip, number: int) -> Ids:
        """Ids (H, W) in a frame; all are 1 where the data set takes them as one object.

        Raises:
            DatasetError: the file is missing or damaged.
        """
        ids = read_ids(self.folder / clip.name / f"{clip.stem(number)}.png")
        return (ids > 0).astype(np.uint16) if clip.merged else ids

    def masks(self, clip: Clip) -> Iterator[tuple[int, Ids]]:
        """See `Source`.

        Raises:
            DatasetError: see `read`.
        """
        for number in clip.labelled[1:-1]:
            yield number, self.read(clip, number)

    def run(self) -> None:
        """Nothing ran."""
