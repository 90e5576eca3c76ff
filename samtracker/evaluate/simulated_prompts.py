"""What a user would point at in a first frame, simulated from the truth.

The rules, for an object with a true mask:

- ``box``: the box of the mask.
- ``click``: one click at the point of the mask that is deepest in it, farthest from its border.
- ``clicks:N``: that click, then N - 1 times one more where the mask so far is most wrong: in what
  it misses or in what it has too much, at the point that is deepest in either.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np

from samtracker.errors import ConfigError, PromptError
from samtracker.evaluate.metrics import region_similarity
from samtracker.tracker import Tracker
from samtracker.types import Frame, Mask, mask_box

Click = tuple[float, float, int]


@dataclass(frozen=True, kw_only=True)
class PromptRule:
    """How an object is pointed at.

    Attributes:
        kind: "mask", "box" or "click".
        clicks: Number of clicks, corrections included.
    """

    kind: str = "mask"
    clicks: int = 1

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read "mask", "box", "click" or "clicks:N".

        Raises:
            ConfigError: It is none of them.
        """
        if text in ("mask", "box", "click"):
            return cls(kind=text)
        if several := re.fullmatch(r"clicks:([1-9]\d?)", text):
            return cls(kind="click", clicks=int(several[1]))
        raise ConfigError(
            f"prompt='{text}' does not exist: use mask, box, click or clicks:N with N from 1 to 99"
        )

    def start(
        self, tracker: Tracker, frame: Frame, masks: dict[int, Mask], ignored: Mask
    ) -> dict[int, float]:
        """Start a stream with objects that are pointed at by this rule.

        An object that nothing is found of has an IoU of 0, and is tracked from its true mask.

        Args:
            tracker: Tracker to start; any stream in it ends.
            frame: RGB uint8 (H, W, 3).
            masks: True masks, bool (H, W), by id.
            ignored: Where a first mask is neither right nor wrong, bool (H, W).

        Returns:
            The IoU of the first masks by id, 0 to 1.
        """
        if self.kind == "mask":
            tracker.init(frame, mask=masks)
        missed = set()
        pointed_at = {} if self.kind == "mask" else masks
        for count, (number, mask) in enumerate(pointed_at.items()):
            clicks = [(*deepest(mask)[:2], 1)]
            prompt = {"box": mask_box(mask)} if self.kind == "box" else {"points": clicks}
            try:
                _add(tracker, frame, number, first=count == 0, **prompt)
            except PromptError:
                _add(tracker, frame, number, first=count == 0, mask=mask)
                missed.add(number)
                continue
            if self.kind == "click":
                click_errors(tracker, frame, number, mask, clicks, self.clicks - 1)
        result = tracker.result
        assert result is not None, "it was started"
        return {
            number: 0.0
            if number in missed
            else region_similarity(result[number].mask & ~ignored, mask)
            for number, mask in masks.items()
        }


def _add(tracker: Tracker, frame: Frame, number: int, *, first: bool, **prompt: object) -> None:
    if first:
        tracker.init(frame, **prompt)  # type: ignore[arg-type]
        assert tracker.object_ids == (number,), "objects count up from 1"
    else:
        tracker.add_object(frame, object_id=number, **prompt)  # type: ignore[arg-type]


def click_errors(  # noqa: PLR0917
    tracker: Tracker, frame: Frame, number: int, truth: Mask, clicks: list[Click], count: int
) -> None:
    """Correct an object in the current frame by one click after another on what is most wrong.

    Args:
        tracker: Tracker that was given the frame.
        frame: RGB uint8 (H, W, 3).
        number: Id of the object.
        truth: Its true mask, bool (H, W).
        clicks: Clicks so far; those that are made are appended.
        count: Clicks that are made, at most: nothing may be wrong any more, or be left.
    """
    for _ in range(count):
        result = tracker.result
        assert result is not None, "it was started"
        click = correction(result[number].mask, truth)
        if click is None:
            return
        clicks.append(click)
        try:
            tracker.correct(frame, number, points=clicks)
        except PromptError:  # the correction left nothing
            return


def correction(mask: Mask, truth: Mask) -> Click | None:
    """Return the click where a mask is most wrong; None where it is right.

    >>> truth = np.zeros((5, 9), bool)
    >>> truth[:, :5] = True
    >>> correction(np.zeros_like(truth), truth)
    (2.5, 2.5, 1)
    >>> correction(truth, truth)
    """
    missed, extra = deepest(truth & ~mask), deepest(mask & ~truth)
    if max(missed[2], extra[2]) == 0:
        return None
    return (*missed[:2], 1) if missed[2] >= extra[2] else (*extra[:2], 0)


def deepest(region: Mask) -> tuple[float, float, float]:
    """Return the point (x, y) of a region that is farthest from its border, and how far that is.

    It is the middle of a pixel; beyond the frame is outside of the region.
    """
    padded = np.pad(region.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), distance.shape)
    return float(column) + 0.5, float(row) + 0.5, float(distance[row, column])
