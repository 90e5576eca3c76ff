"""Boxes and clicks answered by the network that tracks."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest

from samtracker.backends.runtime import Runtime
from samtracker.checkpoints.load import load_network
from samtracker.errors import PromptError
from samtracker.evaluate.metrics import region_similarity
from samtracker.prompts.pointing import find
from samtracker.prompts.prompts import prompt_method
from samtracker.tracker import Tracker
from samtracker.types import Frame, Mask, Prompt, mask_box
from tests.helpers.scenes import BLUE, RED, film


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return Runtime(load_network("lite"), device="cpu", precision="float32")


@pytest.fixture(scope="module")
def scene() -> tuple[Frame, Mask, Mask]:
    """A frame with two balls, and their masks."""
    shot = film([RED, BLUE], 1)[0]
    return shot.frame, shot.ids == 1, shot.ids == 2


def test_lite_reads_them_itself(runtime: Runtime) -> None:
    assert prompt_method(runtime) == "lite"


def test_a_box_finds_its_object(runtime: Runtime, scene: tuple[Frame, Mask, Mask]) -> None:
    frame, *masks = scene
    for mask in masks:
        box = mask_box(mask)
        assert box is not None
        likeliest = next(find(runtime, frame, Prompt(box=box)))
        assert region_similarity(likeliest.mask, mask) > 0.85
        assert 0 < (likeliest.score or 0) < 1
        x1, y1, x2, y2 = mask_box(likeliest.mask) or (0, 0, 0, 0)
        slack = 0.05 * (box[2] - box[0]) + 1
        assert x1 >= box[0] - slack
        assert y1 >= box[1] - slack
        assert x2 <= box[2] + slack
        assert y2 <= box[3] + slack


def test_a_click_finds_what_it_hits(runtime: Runtime, scene: tuple[Frame, Mask, Mask]) -> None:
    frame, red, blue = scene
    for mask, other in ((red, blue), (blue, red)):
        rows, columns = np.nonzero(mask)
        click = (float(columns.mean()), float(rows.mean()), 1)
        found = next(find(runtime, frame, Prompt(points=(click,)))).mask
        assert region_similarity(found, mask) > 0.6
        assert not (found & other).any()


def test_the_same_prompt_gives_the_same_mask(
    runtime: Runtime, scene: tuple[Frame, Mask, Mask]
) -> None:
    prompt = Prompt(box=mask_box(scene[1]))
    first, second = (find(runtime, scene[0], prompt) for _ in range(2))
    for one, two in zip(islice(first, 2), islice(second, 2), strict=True):
        np.testing.assert_array_equal(one.mask, two.mask)
        assert one.score == two.score


def test_a_correction_changes_only_what_is_near(
    runtime: Runtime, scene: tuple[Frame, Mask, Mask]
) -> None:
    """A mask of both balls; a click says that the blue one is background."""
    frame, red, blue = scene
    rows, columns = np.nonzero(blue)
    prior = red | blue
    click = (float(columns.mean()), float(rows.mean()), 0)
    found = next(find(runtime, frame, Prompt(points=(click,)), prior)).mask
    assert not found[int(click[1]), int(click[0])]
    assert np.count_nonzero(found & blue) < 0.6 * np.count_nonzero(blue)
    changed_rows, changed_columns = np.nonzero(found ^ prior)
    reach = np.hypot(changed_rows - click[1], changed_columns - click[0])
    assert reach.max() <= 0.2 * min(found.shape) + 2


def test_no_more_candidates_are_found_than_are_asked_for(scene: tuple[Frame, Mask, Mask]) -> None:
    frame, red, _ = scene
    tracker = Tracker.from_pretrained("lite", device="cpu", precision="float32", size=128)
    rows, columns = np.nonzero(red)
    click = float(columns.mean()), float(rows.mean())
    found = tracker.candidates(frame, points=[click])
    assert len(found) > 1
    (likeliest,) = tracker.candidates(frame, points=[click], limit=1)
    np.testing.assert_array_equal(likeliest.mask, found[0].mask)
    for limit in (0, 4, 1.5, "2"):
        with pytest.raises(PromptError, match=f"limit={limit!r} does not fit: give 1 to 3"):
            tracker.candidates(frame, points=[click], limit=limit)  # type: ignore[arg-type]


def test_a_correction_is_answered_whatever_the_looks_show(
    runtime: Runtime, scene: tuple[Frame, Mask, Mask]
) -> None:
    """Background in the middle of a mask, which may leave nothing of it near the click."""
    frame, red, _ = scene
    rows, columns = np.nonzero(red)
    middle = float(columns.mean()), float(rows.mean())
    far = np.zeros_like(red)
    far[:8, -8:] = True
    for prior in (red, red | far):
        found = list(find(runtime, frame, Prompt(points=((*middle, 0),)), prior=prior))
        assert found
        for item in found:
            np.testing.assert_array_equal(item.mask[far], prior[far])
