"""Evaluation of one clip: its masks against its truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.data.clip import IGNORED, Clip
from samtracker.errors import DatasetError
from samtracker.evaluate.scores import ObjectScores, mean_scores, score

Ids = NDArray[np.uint16]


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a tracker ran over a clip.

    Attributes:
        fps: Frames per second of the tracker alone, at the median ("p50") and at the 95th
            percentile ("p95") of the step's time.
        peak_memory_mb: Largest resident memory of the process in this clip ("cpu"), and memory
            taken on the GPU where there is one ("cuda"), in MB.
        first_iou: IoU of the first masks with the truth, by object id, 0 to 1.
        states: Share of frames and objects in each state, 0 to 1.
    """

    fps: dict[str, float | None]
    peak_memory_mb: dict[str, int]
    first_iou: dict[int, float]
    states: dict[str, float]


class MaskSource(Protocol):
    """Gives the masks that are scored; it can be pickled."""

    def masks(self, clip: Clip) -> Iterator[tuple[int, Ids]]:
        """Yield frame numbers in order, and the ids (H, W) found in these frames.

        All labeled frames between the first and the last one are among them.
        """

    def run(self) -> Run | None:
        """Return how the tracker ran over the last clip; None if none ran."""


@dataclass(frozen=True, kw_only=True)
class Round:
    """The scores of a clip after a round of corrections, see `samtracker.evaluate.interactive`.

    Attributes:
        frame: Number of the frame that was corrected in this round; None before the first one.
        clicks: Number of clicks made in this round.
        objects: Scores of its objects.
    """

    frame: int | None
    clicks: int
    objects: tuple[ObjectScores, ...]


@dataclass(frozen=True, kw_only=True)
class ClipResult:
    """The scores of a clip.

    Attributes:
        name: Name of the clip.
        scored: Numbers of its frames that were scored.
        objects: Scores of its objects; none if no frame can be scored.
        run: How the tracker ran; None for masks that lay in a folder.
        rounds: Scores before and after each round of corrections; none if none was asked for.
    """

    name: str
    scored: tuple[int, ...]
    objects: tuple[ObjectScores, ...]
    run: Run | None
    rounds: tuple[Round, ...] = ()

    def frame_j(self) -> NDArray[np.float64]:
        """Return the mean J of the objects in each scored frame; infinity where none counts."""
        sums = np.zeros(len(self.scored))
        counts = np.zeros(len(self.scored))
        for item in self.objects:
            sums[item.start : item.start + len(item.j)] += item.j
            counts[item.start : item.start + len(item.j)] += 1
        j: NDArray[np.float64] = np.where(counts > 0, sums / counts.clip(1), np.inf)
        return j

    def to_dict(self) -> dict[str, Any]:
        """Return everything as `results.json` holds it."""
        rounds = [
            {"frame": item.frame, "clicks": item.clicks, **mean_scores(item.objects)}
            for item in self.rounds
        ]
        plain = {
            **asdict(replace(self, rounds=())),
            "objects": [item.to_dict() for item in self.objects],
        }
        return {**plain, "rounds": rounds}


def evaluate_clip(clip: Clip, source: MaskSource) -> ClipResult:
    """Score all labeled frames but the first, whose mask is given, and the last.

    Args:
        clip: Clip with the truth.
        source: Source of the masks to score.

    Raises:
        DatasetError: A mask cannot be read, or has another size than its truth.
    """
    scored = clip.labeled[1:-1]
    pairs = _pairs(clip, source.masks(clip), frozenset(scored))
    given = frozenset(np.unique(clip.mask(clip.labeled[0])).tolist()) - {0, IGNORED}
    objects = score(pairs, given)
    return ClipResult(name=clip.name, scored=scored, objects=objects, run=source.run())


def _pairs(
    clip: Clip, masks: Iterator[tuple[int, Ids]], scored: frozenset[int]
) -> Iterator[tuple[Ids, Ids]]:
    for number, ids in masks:
        if number in scored:
            truth = clip.mask(number)
            if ids.shape != truth.shape:
                raise DatasetError(
                    f"the mask of frame '{clip.stem(number)}' of '{clip.name}' is "
                    f"{ids.shape[1]}x{ids.shape[0]} but its truth {truth.shape[1]}x"
                    f"{truth.shape[0]}: give masks of the truth's size"
                )
            yield truth, ids


def resize_ids(ids: Ids, like: Ids) -> Ids:
    """Resize ids to the size of others, by the nearest pixel center.

    Args:
        ids: Ids (h, w).
        like: Ids (H, W).

    Returns:
        Ids (H, W).
    """
    if ids.shape == like.shape:
        return ids
    size = like.shape[1], like.shape[0]
    return cv2.resize(ids, size, interpolation=cv2.INTER_NEAREST_EXACT).astype(np.uint16)
