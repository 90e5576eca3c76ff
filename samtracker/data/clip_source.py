"""Samples from annotated clips."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from samtracker.config import OBJECTS
from samtracker.data.clip import IGNORED, Clip, labeled_frame
from samtracker.data.sample import MAIN, Sample
from samtracker.errors import DatasetError


@dataclass(frozen=True, kw_only=True)
class ClipSource:
    """Takes labeled frames of a clip that follow each other. See `SampleSource`.

    An index stands for a pair of neighbors among the labeled frames of a clip. With `length` 2
    and the defaults a sample is this pair: template and image, each with the mask of the clip's
    largest object.

    Attributes:
        clips: Annotated clips; one with fewer than two labeled frames gives no sample.
        object: "largest" takes the object with the most pixels over the clip, "random" any that
            is visible in the sample's first frame.
        objects: Objects of a sample, at most; the others are any that are visible there too.
        max_gap: The frames of a sample are 1 to `max_gap` labeled frames apart. Above 1, half of
            the samples run backwards.
    """

    clips: tuple[Clip, ...]
    object: str = "largest"
    objects: int = 1
    max_gap: int = 1
    _largest: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.object not in OBJECTS:
            valid = ", ".join(OBJECTS)
            raise DatasetError(f"object={self.object!r} does not exist: use one of {valid}")
        if self.max_gap < 1:
            raise DatasetError(f"max_gap={self.max_gap} does not fit: give 1 or more")
        if not len(self):
            raise DatasetError("no clip has two frames with masks: read single images as stills")

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @cached_property
    def _ends(self) -> list[int]:
        """Return for each clip the number of pairs up to its end."""
        return list(accumulate(max(len(clip.labeled) - 1, 0) for clip in self.clips))

    def sample(self, index: int, length: int, rng: np.random.Generator) -> Sample:
        """Make a sample; see `SampleSource.sample`.

        Frames before the first one that shows the object are passed over. Clips shorter than the
        sample are run through back and forth.

        Raises:
            DatasetError: A file cannot be read, or the object is in no frame.
        """
        number = bisect_right(self._ends, index)
        clip = self.clips[number]
        pairs = len(clip.labeled) - 1
        begin = index - (self._ends[number] - pairs)
        offsets = np.concatenate([[0], rng.integers(1, self.max_gap + 1, length - 1).cumsum()])
        if offsets[-1] > pairs:
            offsets = np.arange(length)
        backwards = self.max_gap > 1 and rng.random() < 0.5
        for shift in range(pairs + 1):
            positions = _positions((begin + shift) % (pairs + 1), offsets, pairs)
            frames = [clip.labeled[p] for p in (positions[::-1] if backwards else positions)]
            visible = np.unique(clip.mask(frames[0]))
            visible = visible[(visible > 0) & (visible < IGNORED)]
            chosen = self._choose(number, visible, rng)
            if chosen in visible:
                pictures = [labeled_frame(clip, frame) for frame in frames]
                if len({frame.shape for frame, _ in pictures}) > 1:
                    raise DatasetError(f"'{clip.name}' has frames of more than one size")
                others = rng.permutation(visible[visible != chosen])[: self.objects - 1]
                tracked = [chosen, *others.tolist()]
                return Sample(
                    frames=np.stack([frame for frame, _ in pictures]),
                    ids=_numbered([ids for _, ids in pictures], tracked),
                    name=f"{clip.name} {frames}",
                )
        raise DatasetError(f"no mask of '{clip.name}' shows an object: remove the clip")

    def _choose(
        self, number: int, visible: NDArray[np.uint16], rng: np.random.Generator
    ) -> int | None:
        """Choose an object of the clip of this number; None where there is none."""
        if self.object == "random":
            return int(rng.choice(visible)) if visible.size else None
        if number not in self._largest:
            self._largest[number] = _largest(self.clips[number])
        return self._largest[number]


def _numbered(ids: list[NDArray[np.uint16]], chosen: list[int]) -> NDArray[np.uint8]:
    """Masks of ids as those of a sample: the chosen ones by their place, from `MAIN` on."""
    numbered = np.zeros((len(ids), *ids[0].shape), np.uint8)
    for frame, numbers in zip(numbered, ids, strict=True):
        for number, known in enumerate(chosen, MAIN):
            frame[numbers == known] = number
    return numbered


def _positions(begin: int, offsets: NDArray[np.int64], last: int) -> NDArray[np.int64]:
    """Return positions 0 to `last` among the labeled frames; past the end they run back."""
    begin = max(min(begin, last - int(offsets[-1])), 0)
    return np.abs((begin + offsets + last) % (2 * last) - last)


def _largest(clip: Clip) -> int:
    if len(clip.object_ids) == 1:
        return clip.object_ids[0]
    areas: Counter[int] = Counter()
    for number in clip.labeled:
        try:
            ids, counts = np.unique(clip.mask(number), return_counts=True)
        except DatasetError:
            continue  # reported where the frame itself is wanted
        areas.update(dict(zip(ids.tolist(), counts.tolist(), strict=True)))
    del areas[0]
    return max(areas, key=lambda number: (areas[number], -number), default=0)
