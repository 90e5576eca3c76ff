"""The working size that keeps steps within a time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.errors import ConfigError
from samtracker.live.deadline import EARLY, LATE, Deadline


def test_late_steps_lower_the_size_and_early_ones_raise_it() -> None:
    deadline = Deadline(100, 480)
    assert [deadline.step(0.2) for _ in range(2 * LATE)] == [480, 480, 416, 416, 416, 336]
    assert [deadline.step(0.05) for _ in range(EARLY)][-2:] == [336, 416]
    assert deadline.step(0.08) == 416


def test_a_single_late_step_changes_nothing() -> None:
    deadline = Deadline(100, 480)
    for _ in range(20):
        assert deadline.step(0.2) == 480
        assert deadline.step(0.09) == 480


@settings(max_examples=50, derandomize=True, deadline=None)
@given(size=st.integers(64, 1080), cost=st.floats(0.01, 10))
def test_it_settles_below_the_deadline_where_it_can(size: int, cost: float) -> None:
    deadline = Deadline(100, size)
    for _ in range(400):
        seconds = cost * 0.1 * (deadline.size / size) ** 2
        deadline.step(seconds)
    smallest = max(64, 0.35 * size)
    if cost * (smallest / size) ** 2 < 0.9:
        assert cost * 0.1 * (deadline.size / size) ** 2 <= 0.1 * 1.05
    assert 64 <= deadline.size <= size


def test_a_deadline_is_above_zero() -> None:
    with pytest.raises(ConfigError, match="deadline=0 ms does not fit"):
        Deadline(0, 480)
