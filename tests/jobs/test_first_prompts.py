"""What a user points at in the first frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from samtracker.errors import PromptError
from samtracker.jobs import FirstPrompts
from samtracker.prompts.first_objects import FirstObjects
from samtracker.video.read import VideoFrame
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import FRAMES, SHOTS


def test_the_first_frame_needs_something_to_track() -> None:
    with pytest.raises(PromptError, match=r"give mask=\.\.\., boxes=\.\.\. or points=\.\.\."):
        FirstPrompts()


def test_objects_keep_the_order_of_mask_boxes_and_clicks(lite_tracker: MakeTracker) -> None:
    frame = VideoFrame(index=0, time=1.5, image=FRAMES[0])
    red, blue = SHOTS[0].mask(1), SHOTS[0].mask(2)
    y, x = (float(side.mean()) for side in np.nonzero(blue))
    prompts = FirstPrompts(mask=Path("not read here"), points=(((x, y),),))
    objects = FirstObjects(ids=5 * red.astype(np.uint16), names={5: "red"})
    done: list[tuple[int, int]] = []
    result, origins = prompts.start(
        lite_tracker(), frame, objects, lambda *numbers: done.append(numbers)
    )
    assert done == [(1, 1)]
    assert [item.name for item in result.objects] == ["red", ""]
    assert origins == {5: "mask", 6: "points (grabcut)"}
    assert result.timestamp == 1.5
    np.testing.assert_array_equal(result[5].mask, red)
    assert np.count_nonzero(result[6].mask & blue) > 0.7 * np.count_nonzero(blue)
