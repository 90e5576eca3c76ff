"""Prompts that are simulated from the truth, and the first masks that come of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from samtracker.errors import ConfigError
from samtracker.evaluate.metrics import region_similarity
from samtracker.evaluate.simulated_prompts import PromptRule, correction, deepest
from samtracker.types import mask_box
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, film


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("mask", PromptRule()),
        ("box", PromptRule(kind="box")),
        ("click", PromptRule(kind="click")),
        ("clicks:12", PromptRule(kind="click", clicks=12)),
    ],
)
def test_rules_are_read(text: str, rule: PromptRule) -> None:
    assert PromptRule.parse(text) == rule


@pytest.mark.parametrize("text", ["", "boxes", "clicks", "clicks:0", "clicks:100", "clicks:-1"])
def test_other_rules_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="use mask, box, click or clicks:N"):
        PromptRule.parse(text)


def test_the_deepest_point_is_in_the_middle_of_a_rectangle() -> None:
    region = np.zeros((20, 30), bool)
    region[4:9, 10:21] = True  # five rows: the third one is three pixels deep
    x, y, depth = deepest(region)
    assert (y, depth) == (6.5, 3.0)
    assert 12.5 <= x <= 18.5


def test_the_border_of_the_frame_is_a_border() -> None:
    assert deepest(np.ones((5, 5), bool)) == (2.5, 2.5, 3.0)
    assert deepest(np.zeros((5, 5), bool))[2] == 0


@given(st.integers(0, 2**25 - 1))
def test_a_correction_lies_in_the_larger_error(bits: int) -> None:
    truth = np.array([bits >> place & 1 for place in range(25)], bool).reshape(5, 5)
    mask = np.zeros((5, 5), bool)
    mask[:, :2] = True
    click = correction(mask, truth)
    if click is None:
        assert np.array_equal(mask, truth)
        return
    x, y, label = click
    wrong = truth & ~mask if label else mask & ~truth
    assert wrong[int(y), int(x)]
    assert deepest(wrong)[2] == max(deepest(truth & ~mask)[2], deepest(mask & ~truth)[2])


@pytest.mark.parametrize("text", ["mask", "box", "click", "clicks:2"])
def test_a_stream_starts_with_every_object(lite_tracker: MakeTracker, text: str) -> None:
    shot = film([RED, BLUE], 1)[0]
    masks = {number: shot.ids == number for number in (1, 2)}
    tracker = lite_tracker()
    nothing = np.zeros_like(masks[1])
    ious = PromptRule.parse(text).start(tracker, shot.frame, masks, nothing)
    assert tracker.result is not None
    for number, mask in masks.items():
        found = tracker.result[number].mask
        assert ious[number] == region_similarity(found, mask) > (0.99 if text == "mask" else 0.6)


def test_what_is_not_found_starts_from_the_truth(lite_tracker: MakeTracker) -> None:
    """The box of a mask that fills the frame leaves no background to tell it from."""
    frame = film([RED], 1)[0].frame
    mask = np.ones(frame.shape[:2], bool)
    tracker = lite_tracker()
    assert PromptRule(kind="box").start(tracker, frame, {1: mask}, ~mask) == {1: 0.0}
    assert tracker.result is not None
    assert tracker.result[1].box == mask_box(mask)
