"""GrabCut finds what is clearly set off, the same each time, and corrects masks by clicks."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from samtracker.errors import PromptError
from samtracker.prompts.grabcut import grabcut
from samtracker.types import Mask, Prompt
from tests.helpers.scenes import BLUE, RED, SIZE, film, iou

SHOT = film([RED, BLUE], 1)[0]
BOXES = {1: (14.0, 12.0, 59.0, 57.0), 2: (112.0, 50.0, 149.0, 87.0)}


def clicked(*points: tuple[float, float, int], prior: Mask | None = None) -> Mask:
    return grabcut(SHOT.frame, Prompt(points=points), prior)


@pytest.mark.parametrize("number", [1, 2])
def test_an_object_is_found_in_its_box_and_under_clicks(number: int) -> None:
    x1, y1, x2, y2 = BOXES[number]
    boxed = grabcut(SHOT.frame, Prompt(box=BOXES[number]))
    assert boxed.dtype == np.bool_
    assert boxed.shape == SIZE
    assert iou(boxed, SHOT.mask(number)) > 0.9
    assert iou(clicked(((x1 + x2) / 2, (y1 + y2) / 2, 1)), SHOT.mask(number)) > 0.8


def test_only_what_is_clicked_is_taken() -> None:
    assert not (clicked((36, 34, 1)) & SHOT.mask(2)).any()
    assert not (clicked((130, 68, 1), (36, 34, 0)) & SHOT.mask(1)).any()


def test_the_same_prompt_gives_the_same_mask() -> None:
    first = grabcut(SHOT.frame, Prompt(box=BOXES[1]))
    for _ in range(3):
        clicked((130, 68, 1))
        np.testing.assert_array_equal(grabcut(SHOT.frame, Prompt(box=BOXES[1])), first)


def test_a_rim_too_thin_to_be_seen_is_no_background() -> None:
    large = SHOT.frame.repeat(8, axis=0).repeat(8, axis=1)  # GrabCut sees every third pixel
    for box in ((0.0, 0.0, 1279.0, 768.0), (0.0, 0.0, 1280.0, 767.0)):
        with pytest.raises(PromptError, match="covers the whole frame: leave some background"):
            grabcut(large, Prompt(box=box))


@pytest.mark.parametrize("radius", [2, 5, 10, 40])
@pytest.mark.parametrize("away", [0.0, 0.9, 1.5])
def test_a_background_click_takes_a_part_of_an_object_of_any_size(radius: int, away: float) -> None:
    ball = np.zeros(SIZE, np.uint8)
    cv2.circle(ball, (60, 48), radius, 1, cv2.FILLED)
    click = (60 + away * radius, 48.0, 0)
    try:
        found = clicked(click, prior=ball > 0)
    except PromptError as error:
        assert "points=" in str(error)  # noqa: PT017
    else:
        assert not found[48, int(click[0])]


@pytest.mark.parametrize("label", [0, 1])
def test_a_click_corrects_what_is_near_it(label: int) -> None:
    both = SHOT.ids > 0
    found = clicked((130, 68, label), prior=both)
    far = np.hypot(*np.ogrid[-68 : SIZE[0] - 68, -130 : SIZE[1] - 130]) > 0.2 * SIZE[0] + 2
    np.testing.assert_array_equal(found[far], both[far])
    np.testing.assert_array_equal(clicked((150, 5, 0), prior=both), both)
