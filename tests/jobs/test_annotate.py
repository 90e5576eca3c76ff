"""Objects of a whole source from prompts in any frames, in Python alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

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
    with pytest.raises(PromptError, match=r"it has no objects"):
        first(balls)
    with pytest.raises(VideoError, match=r"has no frame that is pointed at"):
        first(
            balls, PromptedObject(name="", prompts=(PlacedPrompt(place=Place(frame=99), box=BOX),))
        )
