"""Scores of a network on clips that it is not trained on."""

from __future__ import annotations

import copy
from dataclasses import dataclass

from samtracker.config import TrackerConfig
from samtracker.data.clip import Clip
from samtracker.errors import DatasetError
from samtracker.evaluate.evaluation import evaluate
from samtracker.evaluate.results import Results
from samtracker.evaluate.tracker_source import TrackerSource
from samtracker.model.network import Network
from samtracker.tracker import Tracker


@dataclass(frozen=True, kw_only=True)
class Validation:
    """Scores networks on the same clips, as `samtracker.train.loop.train` asks for it.

    As in the official evaluation the first and the last labeled frame of a clip do not count.

    Attributes:
        clips: Clips that are tracked from their first labeled frame on.
        memory: Memory of the tracker, see `TrackerConfig`.
        size: Working size of the tracker, see `TrackerConfig`.

    Raises:
        DatasetError: A clip has less than three masks, or its first one is empty.
    """

    clips: tuple[Clip, ...]
    memory: str
    size: int | None = None

    def __post_init__(self) -> None:
        for clip in self.clips:
            if len(clip.labeled) < 3:
                raise DatasetError(
                    f"'{clip.name}' has {len(clip.labeled)} frames with a mask: a clip to score "
                    "has a first and a last one and some between"
                )
            if not clip.mask(clip.labeled[0]).any():
                raise DatasetError(f"'{clip.name}' cannot be scored: its first mask is empty")

    def __call__(self, network: Network) -> dict[str, float]:
        """Score a network, which stays as it is.

        Returns:
            "j", "f" and "j_and_f" in percent, as means over the objects of all clips.

        Raises:
            DatasetError: A file cannot be read.
        """
        config = TrackerConfig(memory=self.memory, size=self.size)
        device = str(next(network.parameters()).device)
        tracker = Tracker(copy.deepcopy(network), config, device=device)
        overall = Results.of(evaluate(self.clips, TrackerSource(lambda: tracker))).overall
        return {"j": overall["j_mean"], "f": overall["f_mean"], "j_and_f": overall["j_and_f"]}
