"""Joining two directions: one change where it is best, more only where they gain enough."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtracker.results.directions import AGING, HYSTERESIS, take_backward

SCORES = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=7)


def directions(forward: list[float], backward: list[float]) -> str:
    taken = take_backward(np.array(forward), np.array(backward))
    return "".join("fb"[int(one)] for one in taken)


def test_equal_scores_change_in_the_middle() -> None:
    assert directions([0.8] * 6, [0.8] * 6) == "fffbbb"
    assert directions([], []) == ""


@pytest.mark.parametrize(
    ("forward", "backward", "wanted"),
    [
        ([0.9] * 3 + [0.2] * 7, [0.9] * 10, "fff" + "b" * 7),
        ([0.9] * 10, [0.2] * 7 + [0.9] * 3, "f" * 7 + "bbb"),
        ([0.9] * 10, [math.nan] * 10, "f" * 10),
        ([math.nan] * 10, [0.0] * 10, "b" * 10),
    ],
)
def test_they_change_once_where_the_scores_are_best(
    forward: list[float], backward: list[float], wanted: str
) -> None:
    assert directions(forward, backward) == wanted


def test_more_changes_must_gain_enough() -> None:
    for length, changes in ((int(2 * HYSTERESIS) - 2, 1), (int(2 * HYSTERESIS) + 4, 3)):
        forward = [1.0] * 30 + [0.0] * length + [1.0] * 60
        backward = [0.0] * 30 + [1.0] * length + [0.0] * 30 + [1.0] * 30
        taken = directions(forward, backward)
        assert sum(one != other for one, other in pairwise(f"f{taken}b")) == changes


@given(SCORES)
def test_no_other_choice_is_worth_more(scores: list[tuple[float, float]]) -> None:
    count = len(scores)
    way = [(place + 1) / (count + 1) for place in range(count)]

    def worth(taken: tuple[int, ...]) -> float:
        path = (0, *taken, 1)
        changes = sum(one != other for one, other in pairwise(path))
        ages = [way[place] if not one else 1 - way[place] for place, one in enumerate(taken)]
        gained = sum(pair[one] for pair, one in zip(scores, taken, strict=True))
        return gained - AGING * sum(ages) - HYSTERESIS * changes

    best = max(worth(tuple(map(int, f"{number:0{count}b}"))) for number in range(2**count))
    forward, backward = zip(*scores, strict=True)
    taken = take_backward(np.array(forward), np.array(backward))
    assert worth(tuple(map(int, taken))) == pytest.approx(best)
