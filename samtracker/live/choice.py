"""A choice between the masks that the last box or clicks may mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from samtracker.tracker import Tracker
from samtracker.types import Candidate, Frame, Mask


@dataclass
class Choice:
    """What was pointed at, and which of the masks that it may mean is taken.

    Attributes:
        tracker: Tracker that was given the prompt.
        image: Frame in which something was pointed at.
        object_id: Id of the object that came of it.
        prompt: The box or the clicks, by the name of the tracker's argument.
        prior: Mask that the clicks correct; None for a new object.
        number: Number of the mask that is taken, 1 for the likeliest.
    """

    tracker: Tracker
    image: Frame
    object_id: int
    prompt: dict[str, Any]
    prior: Mask | None
    number: int = 1

    @cached_property
    def candidates(self) -> list[Candidate]:
        """The masks; found when they are asked for, as most prompts are understood at once."""
        return self.tracker.candidates(self.image, prior=self.prior, **self.prompt)

    def next(self) -> None:
        """Take the next mask, after the last one the first again; all of it is one edit to undo.

        Raises:
            SamTrackerError: It cannot be taken; the first one is.
        """
        number = self.number % len(self.candidates) + 1
        if self.number > 1:
            self.tracker.undo()
            self.number = 1
        if number > 1:
            mask = self.candidates[number - 1].mask
            self.tracker.correct(self.image, self.object_id, mask=mask)
            self.number = number

    def __str__(self) -> str:
        score = self.candidates[self.number - 1].score
        sure = "" if score is None else f", predicted IoU {score:.2f}"
        return f"mask {self.number} of {len(self.candidates)}{sure}"
