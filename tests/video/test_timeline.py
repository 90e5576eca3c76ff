"""Times that rise, whatever the clock of a file does."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from samtracker.video.read import read_frames
from samtracker.video.timeline import Timeline
from tests.corpus.videos import joined
from tests.helpers.clips import numbers_of

MS = Fraction(1, 1000)


@pytest.mark.parametrize(
    ("ticks", "times"),
    [
        ([0, 40, 90, 2000], [0, 40, 90, 2000]),  # a variable rate
        ([0, 40, 80, 0, 40], [0, 40, 80, 120, 160]),  # starts anew
        ([0, 40, 80, 10_081, 10_121], [0, 40, 80, 120, 160]),  # goes ahead
        ([None, None, None], [0, 40, 80]),  # no times
        ([0, None, 80, None], [0, 40, 80, 120]),
        ([0, 0, 1, 1, 2], [0, 0.5, 1, 1.5, 2]),  # finer than the clock
        ([0, 40, 40, 80], [0, 40, 40.5, 80]),  # twice the same
        ([0, 0, 0, 0], [0, 0.5, 40.5, 80.5]),  # a clock that stands still
        ([-20, 20], [-20, 20]),
    ],
)
def test_times_rise(ticks: list[int | None], times: list[float]) -> None:
    timeline = Timeline(MS, 40 * MS, Fraction(10))
    assert [timeline.next(tick) for tick in ticks] == pytest.approx([time / 1000 for time in times])


def test_a_long_gap_is_believed_where_the_clock_is_steady() -> None:
    timeline = Timeline(MS, 40 * MS, None)
    assert [timeline.next(tick) for tick in (0, 100_000)] == [0, 100]
    assert not timeline.jumped


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((10, 0), True),
        ((0, 0, 0), True),
        ((0, 100), True),
        ((95_443.5,), False),  # the 33 bits of the clock wrap
    ],
)
def test_joined_files(tmp_path: Path, parts: tuple[float, ...], said: bool) -> None:
    path = joined(tmp_path / "a.ts", parts)
    frames = read_frames(path)
    seen = list(frames)
    count = 8 * len(parts)
    assert numbers_of(seen) == list(range(count))
    assert [frame.time for frame in seen] == pytest.approx([n / 25 for n in range(count)])
    assert ["time stamps" in note for note in frames.notes] == [True] * said
    assert not frames.truncated
    for start, end in ((0.1, 0.2), (0.3, 0.5), (0.5, 9)):
        chosen = [frame for frame in seen if start <= frame.time < end]
        again = list(read_frames(path, start=start, end=end))
        assert [(f.index, f.time) for f in again] == [(f.index, f.time) for f in chosen]
        assert numbers_of(again) == numbers_of(chosen)
