"""A clip or a still image, with masks of its objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.picture_files import read_ids, read_numbers, read_photo
from samtracker.errors import DatasetError
from samtracker.types import Frame

IGNORED = 65535
"""Id of what is no object and no background, such as the crowds of COCO."""


class Clip(Protocol):
    """Frames in their order, some or all of them with a mask."""

    @property
    def name(self) -> str:
        """Return the clip's name in the data set."""

    @property
    def merged(self) -> bool:
        """Return whether all ids count as object 1, as in DAVIS 2016."""

    @property
    def object_ids(self) -> tuple[int, ...]:
        """Return the ids that occur in any mask, sorted."""

    @property
    def labeled(self) -> tuple[int, ...]:
        """Return the numbers of the frames that have a mask, sorted."""

    def __len__(self) -> int:
        """Return the number of frames."""

    def frame(self, number: int) -> Frame:
        """Read a frame, RGB uint8 (H, W, 3); raise DatasetError where it cannot be read."""

    def mask(self, number: int) -> NDArray[np.uint16]:
        """Read object ids, uint16 (H, W); raise DatasetError where they cannot be read."""

    def stem(self, number: int) -> str:
        """Return the name of a frame's files, without suffix."""


@dataclass(frozen=True, kw_only=True)
class FolderClip:
    """A clip, or a still, of picture files.

    Attributes:
        name: The clip's name in the data set.
        images: Files of the frames, in order.
        masks: Files of their masks; None for frames without one.
        merged: Whether all ids count as object 1, as in DAVIS 2016.
        literal: Whether the gray values of masks are ids as they are, but for 255, which is
            `IGNORED`; otherwise light ones are shades of one object.
        known_ids: The object ids, where the data set lists them; otherwise they are found by
            reading every mask, when they are first asked for.

    Raises:
        DatasetError: The name is a path that leads elsewhere.
    """

    name: str
    images: tuple[Path, ...]
    masks: tuple[Path | None, ...]
    merged: bool = False
    literal: bool = False
    known_ids: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        if self.name in {"", ".."} or Path(self.name).name != self.name:
            raise DatasetError(f"{self.name!r} is no name of a clip: correct the data set's list")

    @classmethod
    def of(
        cls,
        name: str,
        images: dict[str, Path],
        masks: dict[str, Path],
        *,
        merged: bool = False,
        literal: bool = False,
        known_ids: tuple[int, ...] | None = None,
    ) -> Self:
        """Pair images and masks of the same stem."""
        return cls(
            name=name,
            images=tuple(images.values()),
            masks=tuple(masks.get(stem) for stem in images),
            merged=merged,
            literal=literal,
            known_ids=known_ids,
        )

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def labeled(self) -> tuple[int, ...]:
        """Return the numbers of the frames that have a mask."""
        return tuple(number for number, mask in enumerate(self.masks) if mask is not None)

    @cached_property
    def object_ids(self) -> tuple[int, ...]:
        """Return the ids that occur in any mask; masks that cannot be read have none."""
        if self.merged:
            return (1,) if self.labeled else ()
        if self.known_ids is not None:
            return self.known_ids
        return tuple(sorted(_ids_in(self)))

    def frame(self, number: int) -> Frame:
        """Read a frame, RGB uint8 (H, W, 3).

        Raises:
            DatasetError: The file is missing or damaged.
        """
        return read_photo(self.images[number])

    def mask(self, number: int) -> NDArray[np.uint16]:
        """Read object ids, uint16 (H, W) at the mask's own size.

        Raises:
            DatasetError: The frame has no mask, or its file is missing or damaged.
        """
        path = self.masks[number]
        if path is None:
            raise DatasetError(f"frame {number} of '{self.name}' has no mask: see `labeled`")
        if self.literal:
            numbers = read_numbers(path)
            return np.where(numbers == 255, IGNORED, numbers.astype(np.uint16)).astype(np.uint16)
        ids = read_ids(path)
        return (ids > 0).astype(np.uint16) if self.merged else ids

    def stem(self, number: int) -> str:
        """Return the name of a frame's files, without suffix."""
        return self.images[number].stem


def labeled_frame(clip: Clip, number: int) -> tuple[Frame, NDArray[np.uint16]]:
    """Read a frame and its mask at the frame's size, (H, W, 3) and (H, W).

    A mask of another size is resized with the nearest neighbor of the pixel centers.

    Raises:
        DatasetError: One of them cannot be read.
    """
    frame, ids = clip.frame(number), clip.mask(number)
    height, width = frame.shape[:2]
    if ids.shape != (height, width):
        ids = cv2.resize(ids, (width, height), interpolation=cv2.INTER_NEAREST_EXACT).astype("u2")
    return frame, ids


def _ids_in(clip: Clip) -> set[int]:
    found: set[int] = set()
    for number in clip.labeled:
        try:
            found.update(np.unique(clip.mask(number)).tolist())
        except DatasetError:
            continue  # reported where the frame itself is wanted
    return found - {0, IGNORED}
