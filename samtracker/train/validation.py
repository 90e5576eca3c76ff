"""Scores of a network on clips that it is not trained on."""

from __future__ import annotations

import copy
from collections.abc import Sequence

from samtracker.config import TrackerConfig
from samtracker.data.clip import Clip
from samtracker.errors import DatasetError
from samtracker.evaluate.evaluation import evaluate
from samtracker.evaluate.results import Results
from samtracker.evaluate.tracker_source import TrackerSource
from samtracker.model.network import Network
from samtracker.tracker import Tracker


def validate(
    network: Network, sequences: Sequence[Clip], memory: str, *, size: int | None = None
) -> dict[str, float]:
    """J, F and J&F in percent, mean over the objects of all clips.

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
    results = Results.of(evaluate(sequences, TrackerSource(lambda: tracker)))
    overall = results.overall
    return {"j": overall["j_mean"], "f": overall["f_mean"], "j_and_f": overall["j_and_f"]}


def check(sequences: Sequence[Clip]) -> None:
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


def _device(network: Network) -> object:
    return next(network.parameters()).device
