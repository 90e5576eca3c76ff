"""Scores of a network on clips that it is not trained on."""

from __future__ import annotations

import copy
from collections.abc import Sequence as Rows

import numpy as np

from samtracker.config import TrackerConfig
from samtracker.data.sequence import Sequence, labelled_frame
from samtracker.errors import DatasetError
from samtracker.metrics import boundary_accuracy, region_similarity
from samtracker.model.network import Network
from samtracker.tracker import Tracker


def validate(
    network: Network, sequences: Rows[Sequence], memory: str, *, size: int | None = None
) -> dict[str, float]:
    """J, F and J&F in percent: mean over the objects of a clip, then over the clips.

    As in the official evaluation the first and the last labelled frame are left out.

    Args:
        network: stays as it is.
        sequences: tracked from their first labelled frame on.
        memory: of the tracker.
        size: of the tracker.

    Raises:
        DatasetError: see `check`, or files that cannot be read.
    """
    check(sequences)
    config = TrackerConfig(memory=memory, size=size)
    tracker = Tracker(copy.deepcopy(network), config, device=str(_device(network)))
    scores = np.array([_score(tracker, sequence) for sequence in sequences])
    region, boundary = 100 * scores.mean(axis=0)
    return {"j": float(region), "f": float(boundary), "j_and_f": float((region + boundary) / 2)}


def check(sequences: Rows[Sequence]) -> None:
    """Pass if all clips can be scored, as far as their first mask tells.

    Raises:
        DatasetError: a clip has less than three masks, or an empty first one.
    """
    for clip in sequences:
        if len(clip.labelled) < 3:
            raise DatasetError(
                f"'{clip.name}' has {len(clip.labelled)} frames with a mask: a clip to score has a "
                "first and a last one and some between"
            )
        if not clip.mask(clip.labelled[0]).any():
            raise DatasetError(f"'{clip.name}' cannot be scored: its first mask is empty")


def _score(tracker: Tracker, sequence: Sequence) -> tuple[float, float]:
    first, *scored, last = sequence.labelled
    frame, ids = labelled_frame(sequence, first)
    tracker.init(frame, mask={int(i): ids == i for i in np.unique(ids) if i})
    pairs: list[tuple[float, float]] = []
    for number in range(first + 1, last):
        result = tracker.step(sequence.frame(number))
        if number in scored:
            _, truth = labelled_frame(sequence, number)
            pairs += [
                (region_similarity(o.mask, truth == o.id), boundary_accuracy(o.mask, truth == o.id))
                for o in result.objects
            ]
    region, boundary = np.mean(pairs, axis=0)
    return float(region), float(boundary)


def _device(network: Network) -> object:
    return next(network.parameters()).device
