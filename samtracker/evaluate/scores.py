"""The scores of the objects of one clip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from samtracker.evaluate import metrics
from samtracker.evaluate.absence import Absence, absence

Ids = NDArray[np.uint16]

SCORES: Final = (
    *("j_and_f", "j_mean", "j_recall", "j_decay"),
    *("f_mean", "f_recall", "f_decay"),
)
"""Names of the scores in percent."""


@dataclass(frozen=True, kw_only=True)
class ObjectScores:
    """The scores of one object from the first frame in which it is present or predicted.

    Attributes:
        id: Id of the object in the data set.
        start: Position of that first frame among the scored ones.
        j: Region similarity in each frame, 0 to 1.
        f: Boundary accuracy in each frame, 0 to 1.
        absence: What the tracker does while the object is absent.
    """

    id: int
    start: int
    j: tuple[float, ...]
    f: tuple[float, ...]
    absence: Absence

    @cached_property
    def numbers(self) -> dict[str, float]:
        """Means, recalls and decays in percent, as DAVIS reports them."""
        numbers = {"j_and_f": (metrics.mean(self.j) + metrics.mean(self.f)) / 2}
        for name, values in (("j", self.j), ("f", self.f)):
            numbers[f"{name}_mean"] = metrics.mean(values)
            numbers[f"{name}_recall"] = metrics.recall(values)
            numbers[f"{name}_decay"] = metrics.decay(values)
        return {name: 100 * number for name, number in numbers.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as `results.json` holds it."""
        return {**asdict(self), "absence": self.absence.to_dict(), **self.numbers}


def mean_scores(objects: Sequence[ObjectScores]) -> dict[str, float | None]:
    """Return the means over objects of `ObjectScores.numbers`; None each without objects."""
    return {
        name: float(np.mean([item.numbers[name] for item in objects])) if objects else None
        for name in SCORES
    }


def score(
    pairs: Iterable[tuple[Ids, Ids]], given: frozenset[int] = frozenset()
) -> tuple[ObjectScores, ...]:
    """Score the objects of a clip.

    As in the package vos-benchmark an object counts from the first frame in which truth or
    prediction have it, and one that the truth never has does not count.

    Args:
        pairs: Truth and prediction of each scored frame, in order: ids (H, W), 0 is background.
        given: Ids of the objects in the frame before these, whose mask is given.

    Returns:
        The scores of the objects of the truth, sorted by id.
    """
    rows = {object_id: _Rows(0) for object_id in given}
    for position, (truth, prediction) in enumerate(pairs):
        for object_id in {*np.unique(truth).tolist(), *np.unique(prediction).tolist()} - {0}:
            rows.setdefault(object_id, _Rows(position))
        for object_id, row in rows.items():
            row.add(truth == object_id, prediction == object_id)
    return tuple(
        row.close(object_id, seen=object_id in given)
        for object_id, row in sorted(rows.items())
        if any(row.present)
    )


@dataclass
class _Rows:
    position: int
    j: list[float] = field(default_factory=list)
    f: list[float] = field(default_factory=list)
    present: list[bool] = field(default_factory=list)
    predicted: list[bool] = field(default_factory=list)

    def add(self, truth: NDArray[np.bool_], prediction: NDArray[np.bool_]) -> None:
        self.j.append(metrics.region_similarity(prediction, truth))
        self.f.append(metrics.boundary_accuracy(prediction, truth))
        self.present.append(bool(truth.any()))
        self.predicted.append(bool(prediction.any()))

    def close(self, object_id: int, *, seen: bool) -> ObjectScores:
        counted = np.logical_or(self.present, self.predicted)
        first = int(counted.argmax())
        return ObjectScores(
            id=object_id,
            start=self.position + first,
            j=tuple(self.j[first:]),
            f=tuple(self.f[first:]),
            absence=absence(self.present, self.predicted, self.j, seen=seen),
        )
