"""States frame by frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.config import TrackerConfig
from samtracker.tracking.life_cycle import LifeCycle, Observation
from samtracker.types import State

CONFIG = TrackerConfig(lost_after=2, patience=5, confirm_after=2)
GIVEN = Observation(area=100, center=(50.0, 50.0), score=1.0, similarity=1.0)
FRAMES = {
    "good": Observation(area=100, center=(50.0, 50.0), score=0.8, similarity=0.8),
    "none": Observation(area=0, center=(0.0, 0.0), score=0.0, similarity=0.0),
    "unlikely": Observation(area=100, center=(50.0, 50.0), score=0.1, similarity=0.8),
    "unsure": Observation(area=100, center=(50.0, 50.0), score=0.3, similarity=0.8),
    "unlike": Observation(area=100, center=(50.0, 50.0), score=0.8, similarity=0.2),
    "huge": Observation(area=401, center=(50.0, 50.0), score=0.8, similarity=0.8),
    "tiny": Observation(area=24, center=(50.0, 50.0), score=0.8, similarity=0.8),
    "crumb": Observation(area=9, center=(50.0, 50.0), score=0.8, similarity=0.8),
    "gone": Observation(area=100, center=(66.0, 50.0), score=0.8, similarity=0.8),
}


def states(*names: str) -> str:
    life = LifeCycle(CONFIG, GIVEN)
    return "".join(life.step(FRAMES[name]).value[0] for name in names)


def of_areas(*areas: int, given: int = 100, config: TrackerConfig = CONFIG) -> str:
    """States of an object that has these areas one after the other."""
    life = LifeCycle(config, replace(GIVEN, area=given))
    return "".join(life.step(replace(FRAMES["good"], area=area)).value[0] for area in areas)


@pytest.mark.parametrize("doubt", ["unsure", "unlike", "huge", "tiny", "gone"])
def test_a_doubtful_frame_makes_it_uncertain_and_a_good_one_undoes_it(doubt: str) -> None:
    assert states("good", doubt, "good", doubt, "good", "good") == "tututt"


@pytest.mark.parametrize("absent", ["none", "unlikely", "crumb"])
def test_absent_frames_lose_it(absent: str) -> None:
    assert states(absent, "good", absent, absent, absent) == "utull"


@pytest.mark.parametrize(
    ("changes", "story"),
    [
        *(({"score": 0.4}, "tt"), ({"score": 0.39}, "uu"), ({"score": 0.2}, "uu")),
        *(({"score": 0.19}, "ul"), ({"similarity": 0.45}, "tt"), ({"similarity": 0.44}, "uu")),
        *(({"area": 399}, "tt"), ({"area": 400}, "uu"), ({"area": 26}, "tt"), ({"area": 25}, "uu")),
        # It moves by 1.5 of its side, which is 10, at most; after a frame of doubt by twice that.
        *(({"center": (50.0, 65.0)}, "tt"), ({"center": (50.0, 65.1)}, "ut")),
        *(({"center": (20.0, 50.0)}, "ut"), ({"center": (19.9, 50.0)}, "uu")),
    ],
    ids=str,
)
def test_two_frames_at_a_threshold(changes: dict[str, Any], story: str) -> None:
    life = LifeCycle(CONFIG, GIVEN)
    frame = replace(FRAMES["good"], **changes)
    assert "".join(life.step(frame).value[0] for _ in range(2)) == story


def test_a_mask_of_the_least_share_is_there() -> None:
    # What is left of 100 after a frame is 98.
    assert of_areas(49, config=replace(CONFIG, absent_share=0.5)) == "t"
    assert of_areas(48, 48, config=replace(CONFIG, absent_share=0.5)) == "ul"


def test_an_object_may_be_a_single_pixel() -> None:
    assert of_areas(1, 1, 0, given=1) == "ttu"


def test_the_usual_area_follows_slowly_and_that_of_a_found_object_at_once() -> None:
    assert of_areas(300, 600) == "tu"  # 140 is usual by then
    assert of_areas(300, 559) == "tt"
    assert of_areas(0, 0, 900, 3500) == "ulrr"
    assert of_areas(0, 0, 900, 230) == "ulrr"
    assert of_areas(0, 0, 900, 224) == "ulrl"


def test_a_dismissed_object_comes_back_as_small_as_it_likes() -> None:
    life = LifeCycle(replace(CONFIG, absent_share=1.0), GIVEN)
    states = [life.state]
    life.lose()
    assert [*states, life.state] == [State.TRACKING, State.LOST]
    small = replace(FRAMES["good"], area=1, center=(9.0, 9.0))
    assert life.step(small) is State.REACQUIRED
    life = LifeCycle(CONFIG, GIVEN)
    life.step(FRAMES["good"])
    life.lose()
    assert "".join(life.step(FRAMES["good"]).value[0] for _ in range(4)) == "rrtt"


def test_what_is_left_when_an_object_slips_away_is_not_the_object() -> None:
    assert of_areas(*[round(100 * 0.85**number) for number in range(20)]).endswith("ll")
    assert set(of_areas(*[round(100 * 0.97**number) for number in range(100)])) == {"t"}


def test_patience_ends() -> None:
    assert states(*["unsure"] * 7) == "uuuulll"
    assert states(*["unsure", "unsure", "good", "unsure", "unsure"]) == "uutuu"


def test_a_found_object_must_confirm() -> None:
    lost = ("none", "none")
    assert states(*lost, "good", "good", "good", "good") == "ulrrtt"
    assert states(*lost, "good", "unsure", "good", "good", "good") == "ulrlrrt"


def test_it_may_come_back_elsewhere_and_of_another_size() -> None:
    life = LifeCycle(CONFIG, GIVEN)
    far = Observation(area=900, center=(300.0, 9.0), score=0.8, similarity=0.8)
    found = [life.step(frame).value[0] for frame in (FRAMES["none"], FRAMES["none"], far, far, far)]
    assert "".join(found) == "ulrrt"
    assert life.step(far) is State.TRACKING


def test_slow_growth_is_no_reason_to_doubt() -> None:
    life = LifeCycle(CONFIG, GIVEN)
    for number in range(40):
        area = round(100 * 1.1**number)
        grown = Observation(area=area, center=(50.0 + number, 50.0), score=0.8, similarity=0.8)
        assert life.step(grown) is State.TRACKING


@settings(max_examples=200, derandomize=True, deadline=None)
@given(names=st.lists(st.sampled_from(sorted(FRAMES)), max_size=40))
def test_every_story_keeps_the_rules(names: list[str]) -> None:
    absent = ("none", "unlikely")
    story = states(*names)
    for number, (name, state) in enumerate(zip(names, story, strict=True)):
        before = story[number - 1] if number else "t"
        assert before + state in {"tt", "tu", "ut", "uu", "ul", "ll", "lr", "rr", "rt", "rl"}
        if names[max(number - 1, 0) : number + 1] in ([a, b] for a in absent for b in absent):
            assert state == "l" or number == 0
        assert name not in absent or state in "ul"


def test_a_leak_that_another_object_takes_over_is_forgotten_at_once() -> None:
    life = LifeCycle(CONFIG, GIVEN)
    leak = Observation(area=500, center=(50.0, 50.0), score=0.8, similarity=0.8)
    assert life.step(leak) is State.UNCERTAIN
    life.subtract(leak, FRAMES["good"])
    assert life.step(FRAMES["good"]) is State.TRACKING


@pytest.mark.parametrize("before", [["good"], ["none", "none", "good"]])
def test_what_is_given_away_is_not_missed(before: list[str]) -> None:
    life = LifeCycle(CONFIG, GIVEN)
    for name in before:
        state = life.step(FRAMES[name])
    life.subtract(FRAMES["good"], FRAMES["crumb"])
    assert life.step(FRAMES["crumb"]) is state


def test_what_is_left_after_giving_away_can_slip_away() -> None:
    life = LifeCycle(CONFIG, GIVEN)
    life.subtract(FRAMES["good"], replace(FRAMES["good"], area=50))
    crumb = replace(FRAMES["good"], area=4)
    assert "".join(life.step(crumb).value[0] for _ in range(2)) == "ul"


def test_observation_of_a_mask() -> None:
    mask = np.zeros((10, 20), np.bool_)
    mask[2:4, 10:14] = True
    found = Observation.of(mask, 0.5, 0.7)
    assert found == Observation(area=8, center=(11.5, 2.5), score=0.5, similarity=0.7)
    assert Observation.of(mask & False, 0.5, 0.7) == FRAMES["none"]
