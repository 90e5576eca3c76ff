"""Prompts with the lite encoder: clear objects are found, and the rest is refused."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.backends.runtime import EncodedFrame, Runtime
from samtracker.errors import PromptError
from samtracker.prompts.prompts import MIN_AREA, first_masks, prompt_method
from samtracker.types import mask_box
from tests.conftest import MakeTracker
from tests.helpers.scenes import BLUE, RED, SIZE, film, iou

SHOT = film([RED, BLUE], 1)[0]
BOXES = {1: (14, 12, 59, 57), 2: (112, 50, 149, 87)}


@pytest.fixture(scope="module")
def scene(lite_tracker: MakeTracker) -> tuple[Runtime, EncodedFrame]:
    runtime = lite_tracker().runtime
    return runtime, runtime.encode(SHOT.frame, 64)


def first_mask(scene: tuple[Runtime, EncodedFrame], **prompt: Any) -> np.ndarray:
    masks = first_masks(*scene, **prompt)
    assert list(masks) == [1]
    assert masks[1].dtype == np.bool_
    assert masks[1].shape == SIZE
    return masks[1]


def refusal(scene: tuple[Runtime, EncodedFrame], **prompt: Any) -> str:
    """The message of the error, which is one line."""
    with pytest.raises(PromptError) as caught:
        first_masks(*scene, **prompt)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_lite_has_no_prompt_encoder(scene: tuple[Runtime, EncodedFrame]) -> None:
    assert prompt_method(scene[0]) == "grabcut"


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("margin", [0, 1.5, 8])
def test_a_box_around_an_object(
    scene: tuple[Runtime, EncodedFrame], number: int, margin: float
) -> None:
    assert mask_box(SHOT.mask(number)) == BOXES[number]
    x1, y1, x2, y2 = BOXES[number]
    box = x1 - margin, y1 - margin, x2 + margin, y2 + margin
    assert iou(first_mask(scene, box=box), SHOT.mask(number)) > 0.9
    assert iou(first_mask(scene, box=np.array(box)), SHOT.mask(number)) > 0.9


def test_a_box_over_the_border_is_cut(scene: tuple[Runtime, EncodedFrame]) -> None:
    # Rows outside the frame do not count.
    found = first_mask(scene, box=(105, 45, 900, 1e9))
    np.testing.assert_array_equal(found, first_mask(scene, box=(105, 45, 160, 96)))


@pytest.mark.parametrize(
    "points",
    [
        [(36, 34)],
        [(36.5, 34.5, 1)],
        [(28, 30), (44, 40)],
        [(36, 34, 1), (80, 60, 0), (5, 5, 0)],
        ((36, 34, 1.0), (130, 68, 0.0)),
        np.array([[28, 30], [44, 40]]),
        np.array([[36.0, 34.0, 1.0], [80.0, 60.0, 0.0]]),
    ],
    ids=str,
)
def test_clicks_on_an_object(scene: tuple[Runtime, EncodedFrame], points: Any) -> None:
    assert iou(first_mask(scene, points=points), SHOT.mask(1)) > 0.8


def test_a_found_mask_is_tracked(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker()
    shots = film([RED, BLUE], 4)
    result = tracker.init(shots[0].frame, box=BOXES[1])
    assert iou(result[1].mask, shots[0].mask(1)) > 0.9
    tracker.add_object(shots[0].frame, points=[(130, 68)])
    for shot in shots[1:]:
        result = tracker.step(shot.frame)
    assert iou(result[1].mask, shots[3].mask(1)) > 0.8
    assert iou(result[2].mask, shots[3].mask(2)) > 0.8


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ({}, "give exactly one of mask, box and points (given: none)"),
        (
            {"box": BOXES[1], "points": [(36, 34)]},
            "give exactly one of mask, box and points (given: box, points)",
        ),
        (
            {"mask": SHOT.mask(1), "points": []},
            "give exactly one of mask, box and points (given: mask, points)",
        ),
    ],
)
def test_one_prompt_at_a_time(
    scene: tuple[Runtime, EncodedFrame], prompt: dict[str, Any], message: str
) -> None:
    assert refusal(scene, **prompt) == message


NAN = float("nan")


@pytest.mark.parametrize(
    ("box", "message"),
    [
        ((0, 0, 160, 96), "covers the whole frame: leave some background around"),
        ((-5, -5, 1000, 1000), "covers the whole frame: leave some background around"),
        ((160, 10, 200, 50), "lies outside the 160x96 frame"),
        ((10, -50, 20, 0), "lies outside the 160x96 frame"),
        ((20, 20, 20, 60), "is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2"),
        ((60, 20, 20, 60), "is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2"),
        ((20, 20, 20.5, 60), "is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2"),
        ((NAN, 20, 60, 60), "is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2"),
        ((20, 20, 60, NAN), "is empty: give x1,y1,x2,y2 with x1 < x2 and y1 < y2"),
        ((1.5, 1.5, 2.5, 20), "no object was found at"),
        ((-10, 5, 0.3, 60), "no object was found at"),
        ((159.6, 5, 200, 50), "no object was found at"),
    ],
    ids=str,
)
def test_boxes_that_show_nothing(
    scene: tuple[Runtime, EncodedFrame], box: tuple[float, ...], message: str
) -> None:
    assert message in refusal(scene, box=box)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([], "points need at least one click on the object (label 1)"),
        ([(36, 34, 0)], "points need at least one click on the object (label 1)"),
        ([(36, 34), (160, 34)], "point 160,34 lies outside the 160x96 frame"),
        ([(36, 34), (-1, 34, 0)], "point -1,34 lies outside the 160x96 frame"),
        ([(36, 96)], "point 36,96 lies outside the 160x96 frame"),
        ([(36, NAN)], "point 36,nan lies outside the 160x96 frame"),
        ([(36, 34, 2)], "point 36,34 has label 2: use 1 (object) or 0 (background)"),
        ([(36, 34, -1)], "point 36,34 has label -1: use 1 (object) or 0 (background)"),
    ],
    ids=str,
)
def test_clicks_that_show_nothing(
    scene: tuple[Runtime, EncodedFrame], points: list[tuple[float, ...]], message: str
) -> None:
    assert refusal(scene, points=points) == message


places = st.tuples(st.floats(-20, 180), st.floats(-20, 120))
clicks = st.lists(st.tuples(st.floats(0, 159.9), st.floats(0, 95.9), st.integers(0, 1)), max_size=5)


priors = st.one_of(
    st.none(), st.tuples(st.integers(0, 159), st.integers(0, 95), st.integers(1, 160))
)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(prompt=st.one_of(st.tuples(places, places), clicks), disc=priors)
def test_any_box_and_any_clicks_give_a_mask_or_an_error(
    scene: tuple[Runtime, EncodedFrame], prompt: Any, disc: tuple[int, int, int] | None
) -> None:
    given: dict[str, Any] = {"points": prompt}
    if isinstance(prompt, tuple):
        given = {"box": (*prompt[0], *prompt[1])}
    if disc is not None and "points" in given:
        *center, radius = disc
        given["prior"] = cv2.circle(np.zeros(SIZE, np.uint8), center, radius, 1, cv2.FILLED) > 0
    try:
        masks = first_masks(*scene, **given)
    except PromptError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert np.count_nonzero(masks[1]) >= MIN_AREA
