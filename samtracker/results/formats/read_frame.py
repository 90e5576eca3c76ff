"""What a file says of a frame, as a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from samtracker.masks.association import associate, mask_ious
from samtracker.results.formats.frame_name import FrameName
from samtracker.types import FrameResult, Mask, Size, State, TrackedObject, mask_box

ReadFrames = Iterator[tuple[FrameName, FrameResult]]
"""The frames that a file tells of, in its order, and what it says of each."""

_LEAST_OVERLAP = 0.1
"""IoU with its last mask from which on an object without an id is taken for the same one."""


class ReadObject(NamedTuple):
    """An object as a file has it.

    Attributes:
        id: From 1.
        mask: Bool (H, W).
        name: Empty without.
        score: 1 where the file has none.
    """

    id: int
    mask: Mask
    name: str = ""
    score: float = 1.0


def to_result(name: FrameName, size: Size, objects: Iterable[ReadObject]) -> FrameResult:
    """Return a result; where masks overlap, that of the later object is in front.

    Raises:
        ValueError: An id is out of range, or comes twice.
    """
    ids = np.zeros(size, np.uint16)
    found: dict[int, ReadObject] = {}
    for item in objects:
        if not 1 <= item.id <= 65535:
            raise ValueError(f"object {item.id} in frame {name.index} has no id from 1 to 65535")
        if item.id in found:
            raise ValueError(f"object {item.id} is twice in frame {name.index}")
        found[item.id] = item
        ids[item.mask] = item.id
    return FrameResult(
        index=name.index,
        timestamp=name.time,
        size=size,
        objects=tuple(_tracked(found[number], ids == number) for number in sorted(found)),
    )


def _tracked(item: ReadObject, mask: Mask) -> TrackedObject:
    box = mask_box(mask)
    return TrackedObject(
        id=item.id,
        mask=mask,
        box=box,
        score=0.0 if box is None else item.score,
        state=State.LOST if box is None else State.TRACKING,
        name=item.name,
    )


class OverlapIds:
    """Gives ids to the objects of a file that has none, by their overlap from frame to frame."""

    def __init__(self) -> None:
        self._last: dict[int, tuple[str, Mask]] = {}

    def add(self, objects: list[tuple[str, Mask]]) -> list[int]:
        """Return the ids of the objects of one more frame.

        Args:
            objects: Class and mask, bool (H, W), of each.
        """
        known = list(self._last)
        scores = mask_ious([mask for _, mask in objects], [mask for _, mask in self._last.values()])
        for row, (kind, _) in enumerate(objects):
            for column, number in enumerate(known):
                if self._last[number][0] != kind:
                    scores[row, column] = 0
        same = associate(scores, least=_LEAST_OVERLAP)
        ids = []
        for row, (kind, mask) in enumerate(objects):
            number = known[same[row]] if row in same else len(self._last) + 1
            self._last[number] = kind, mask
            ids.append(number)
        return ids
