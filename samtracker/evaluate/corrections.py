"""Corrections that a simulated user makes in some frames of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from samtracker.errors import PromptError
from samtracker.evaluate.simulated_prompts import Click, click_errors
from samtracker.tracker import Tracker
from samtracker.types import Frame, FrameResult, Mask

CLICKS: Final = 3
"""Clicks on an object in a frame that is corrected, at most."""


class Corrections:
    """The frames of a clip that are corrected, and what is made of them.

    The first time that a planned frame is tracked its objects are corrected by clicks. Whenever the
    clip is tracked again the masks that were made so are shown to the tracker in that frame.

    Attributes:
        clicks: Number of clicks made so far.
    """

    def __init__(self) -> None:
        self.clicks = 0
        self._masks: dict[int, dict[int, Mask] | None] = {}

    @property
    def frames(self) -> frozenset[int]:
        """Numbers of the frames that are corrected."""
        return frozenset(self._masks)

    def plan(self, number: int) -> None:
        """Correct one more frame from now on."""
        self._masks[number] = None

    def apply(
        self, tracker: Tracker, frame: Frame, number: int, truth: Mapping[int, Mask]
    ) -> FrameResult:
        """Correct the current frame, if that is planned.

        Args:
            tracker: Tracker that was given the frame.
            frame: RGB uint8 (H, W, 3).
            number: Number of the frame in the clip.
            truth: True masks, bool (H, W), by the tracker's ids.

        Returns:
            The result of the frame after that.
        """
        masks = self._masks.get(number, {})
        if masks is None:
            self._masks[number] = self._clicked(tracker, frame, truth)
        for object_id, mask in (masks or {}).items():
            with suppress(PromptError):  # another object has gone to where this one is
                tracker.correct(frame, object_id, mask=mask)
        result = tracker.result
        assert result is not None, "its stream has begun"
        return result

    def _clicked(
        self, tracker: Tracker, frame: Frame, truth: Mapping[int, Mask]
    ) -> dict[int, Mask]:
        """Correct all objects by clicks, and return the masks of those that have one then."""
        corrected = []
        for object_id, mask in truth.items():
            clicks: list[Click] = []
            click_errors(tracker, frame, object_id, mask, clicks, CLICKS)
            self.clicks += len(clicks)
            corrected += [object_id] if clicks else []
        result = tracker.result
        assert result is not None, "its stream has begun"
        return {number: result[number].mask for number in corrected if result[number].box}
