"""Objects of a whole source from prompts in any frames, in Python alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from samtracker.errors import ConfigError, PromptError, VideoError
from samtracker.jobs import FirstPrompts, Place, PlacedPrompt, PromptedObject, annotate
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, SHOTS, first_mask, two_balls
from tests.helpers.results import iou

BOX = (10.0, 10.0, 60.0, 60.0)


@pytest.fixture
def balls(tmp_path: Path) -> Path:
    """The film."""
    return two_balls(tmp_path / "balls.mp4")


def shown(ball: int, *frames: int, name: str = "") -> PromptedObject:
    prompts = [PlacedPrompt(place=Place(frame=n), mask=SHOTS[n].mask(ball)) for n in frames]
    return PromptedObject(name=name, prompts=tuple(prompts))


def test_masks_in_any_frames(balls: Path, lite_tracker: MakeTracker) -> None:
    objects = [shown(2, 5, name="blue"), shown(1, 1, 8)]
    results = list(annotate(balls, objects, tracker=lite_tracker()))
    assert [result.index for result in results] == list(range(len(FRAMES)))
    assert [result.timestamp for result in results] == [n / 25 for n in range(len(FRAMES))]
    assert [[(item.id, item.name) for item in result.objects] for result in results] == [
        [(1, ""), (2, "blue")]
    ] * len(FRAMES)
    for number, ball in ((1, 1), (8, 1), (5, 2)):
        np.testing.assert_array_equal(results[number][ball].mask, SHOTS[number].mask(ball))
        assert results[number][ball].score == 1
    for result, shot in zip(results, SHOTS, strict=True):
        assert np.abs(result.image.astype(int) - shot.frame).mean() < 12
        assert not (result[1].mask & result[2].mask).any()
        for ball in (1, 2):
            assert iou(result[ball].mask, shot.mask(ball)) > 0.6


BALL = SHOTS[3].mask(1)


@pytest.mark.parametrize(
    "mask",
    [
        np.where(BALL, 0.9, 0.1),
        (BALL * 255).astype(np.uint8),
        torch.from_numpy(BALL),
        Image.fromarray((BALL * 255).astype(np.uint8)),
        BALL.tolist(),
    ],
)
def test_masks_are_what_they_are_for_a_tracker(
    balls: Path, lite_tracker: MakeTracker, mask: Any
) -> None:
    place = Place(frame=np.int64(3))  # type: ignore[arg-type] # as argmax gives it
    ball = PromptedObject(name="", prompts=(PlacedPrompt(place=place, mask=mask),))
    results = list(annotate(balls, ball, tracker=lite_tracker()))
    np.testing.assert_array_equal(results[3][1].mask, BALL)


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (SHOTS[3].ids, "the mask at frame 3 shows 2 objects: give each a PromptedObject"),
        (np.where(BALL, 9.0, -9.0), "the mask at frame 3 "),
        (np.where(BALL, 1.0, np.nan), "the mask at frame 3 "),
        (np.zeros_like(BALL), "the mask at frame 3 is empty"),
        (BALL[None], "the mask at frame 3 has the shape"),
        (7, "the mask at frame 3 has the shape"),
        ([[1], [1, 2]], "the mask at frame 3 is no array"),
    ],
)
def test_masks_that_are_none(
    balls: Path, lite_tracker: MakeTracker, mask: Any, message: str
) -> None:
    prompt = PlacedPrompt(place=Place(frame=3), mask=mask)
    with pytest.raises(PromptError, match=message):
        next(annotate(balls, [PromptedObject(name="", prompts=(prompt,))], tracker=lite_tracker()))


def test_what_is_no_prompt_is_said_at_once() -> None:
    place = Place(frame=3)
    with pytest.raises(PromptError, match=r"Place\(frame=None, time=None\): give one of the two"):
        Place()
    with pytest.raises(PromptError, match=r"Place\(frame=8, time=0.2\): give one of the two"):
        Place(frame=8, time=0.2)
    for frame in (-1, 8.0, "8"):
        with pytest.raises(PromptError, match=r"frame=.* is no whole number from 0 on"):
            Place(frame=frame)  # type: ignore[arg-type]
    for time in (-1, float("nan"), "8"):
        with pytest.raises(PromptError, match=r"time=.* is no number of seconds from 0 on"):
            Place(time=time)  # type: ignore[arg-type]
    with pytest.raises(PromptError, match=r"exactly one of .* at frame 3 \(given: none\)"):
        PlacedPrompt(place=place)
    with pytest.raises(PromptError, match=r"\(given: mask, box\)"):
        PlacedPrompt(place=place, mask=BALL, box=BOX)
    with pytest.raises(PromptError, match=r"an object has no prompts \('cat'\): give at least one"):
        PromptedObject(name="cat", prompts=())
    with pytest.raises(PromptError, match=r"begins with its absence, at frame 3"):
        PromptedObject(name="", prompts=(PlacedPrompt(place=place, absent=True),))


@pytest.mark.parametrize(
    ("direction", "indices"), [("forward", [4, 6, 8]), ("backward", [0, 2, 4])]
)
def test_one_direction(
    balls: Path, lite_tracker: MakeTracker, direction: str, indices: list[int]
) -> None:
    prompts = FirstPrompts(mask=first_mask(balls.with_name("four.png"), SHOTS[4].ids), at=4)
    results = annotate(balls, prompts, direction=direction, tracker=lite_tracker(), stride=2)
    times = [result.timestamp for result in results]
    assert times == [index / 25 for index in indices]


def test_what_cannot_be_annotated(balls: Path, lite_tracker: MakeTracker) -> None:
    def first(source: Path | str, *objects: PromptedObject, direction: str = "both") -> None:
        next(annotate(source, objects, direction=direction, tracker=lite_tracker()))

    with pytest.raises(VideoError, match=r"comes once, and is to be read again: save it to a file"):
        first("rtsp://127.0.0.1/a", shown(1, 0))
    with pytest.raises(ConfigError, match=r"direction='up' does not exist"):
        first(balls, shown(1, 0), direction="up")
    with pytest.raises(PromptError, match=r"prompts=\(\) shows no objects: give one"):
        first(balls)
    with pytest.raises(PromptError, match=r"id 1 is not above 1, of an object that starts before"):
        first(balls, *[replace(shown(1, n), id=1) for n in (0, 2)])
    with pytest.raises(VideoError, match=r"has no frame that is pointed at"):
        first(
            balls, PromptedObject(name="", prompts=(PlacedPrompt(place=Place(frame=99), box=BOX),))
        )
