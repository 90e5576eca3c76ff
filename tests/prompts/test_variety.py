"""The order in which masks are offered."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from samtracker.prompts.variety import varied
from samtracker.types import Candidate


def bar(width: int) -> Candidate:
    mask = np.zeros((4, 100), bool)
    mask[:, :width] = True
    return Candidate(mask=mask, score=width / 100)


def test_what_is_like_one_before_comes_last() -> None:
    """86 and 90 of 100 are like it, 76 are another thing; the second 100 is no other mask."""
    order = [item.score for item in varied(map(bar, (100, 86, 76, 90, 20, 100)))]
    assert order == [1.0, 0.76, 0.2, 0.86, 0.9]


def test_no_more_is_made_than_is_asked_for() -> None:
    made: list[int] = []

    def making() -> Iterator[Candidate]:
        for width in (50, 40, 10):
            made.append(width)
            yield bar(width)

    found = varied(making())
    next(found)
    assert made == [50]
    next(found)
    assert made == [50, 40]


def test_empty_masks_are_alike() -> None:
    assert [item.score for item in varied(map(bar, (0, 0, 60)))] == [0.0, 0.6]
