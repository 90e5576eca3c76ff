"""Live tracking, of a browser's camera or the server's source: a frame comes, masks go back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

from samtracker.errors import PromptError
from samtracker.prompts.prompts import CANDIDATES
from samtracker.serve.pointing import Choice, Stroke
from samtracker.serve.run_lengths import RunLengths
from samtracker.tracker import Tracker
from samtracker.types import Frame, FrameResult


@dataclass
class LiveStream:
    """A stream whose frames come one by one.

    Attributes:
        tracker: Tracker of the stream.
        image: The frame that came last; None before the first one.
        time: Its time in seconds.
        result: What was found in it; None before anything is tracked.
        choice: What was pointed at last in this frame; None for nothing.
    """

    tracker: Tracker
    image: Frame | None = None
    time: float = 0.0
    result: FrameResult | None = None
    choice: Choice | None = None
    _object_id: int = 0

    @classmethod
    def of(cls, tracker: Tracker) -> Self:
        """Return a stream that goes on where a tracker is."""
        return cls(tracker, result=tracker.result)

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come yet."""
        return self.image is None and self.tracker.result is None

    def step(self, image: Frame, time: float) -> None:
        """Track the next frame; one of another size starts anew.

        Raises:
            OutOfMemoryError: There is no memory left for it.
        """
        known = self.tracker.result
        if known is not None and known.size != image.shape[:2]:
            self.reset()
        tracks = bool(self.tracker.object_ids)
        self.result = self.tracker.step(image, time) if tracks else None
        self.image, self.time, self.choice = image, time, None

    def reset(self) -> None:
        """Forget all objects."""
        self.tracker.reset()
        self.image = self.result = self.choice = None

    def point(self, object_id: int | None, shown: Mapping[str, Any]) -> None:
        """Give an object, or a new one, the likeliest mask of a box or clicks in this frame.

        Args:
            object_id: Id of the object; None for a new one.
            shown: The box or all clicks in this frame, by the name of the tracker's argument.

        Raises:
            PromptError: There is no frame or object, or nothing is found.
        """
        self._take(self._find(object_id, shown, CANDIDATES), object_id)

    def preview(self, object_id: int | None, shown: Mapping[str, Any]) -> Choice:
        """Find the mask that a box or clicks in this frame would give, and change nothing.

        Args:
            object_id: Id of the object; None for a new one.
            shown: See `point`.

        Raises:
            PromptError: There is no frame, or nothing is found.
        """
        return self._find(object_id, shown, 1)

    def paint(self, object_id: int | None, stroke: Stroke) -> None:
        """Add a stroke of a brush to the mask of an object, or a new one, or take it away.

        Args:
            object_id: Id of the object; None for a new one.
            stroke: The stroke.

        Raises:
            PromptError: There is no frame or object, or nothing of it is left.
        """
        height, width, _ = self._current().shape
        mask = stroke.change(self._mask(object_id), (height, width))
        self._take(Choice.painted(mask), object_id)

    def next_candidate(self) -> None:
        """Take the next mask that the last box or clicks may mean; after the last one the first.

        Raises:
            PromptError: Nothing was pointed at in this frame.
        """
        if self.choice is None:
            raise PromptError("point at something first: a box or a click")
        self._take(self.choice.following(), self._object_id)

    def remove(self, object_id: int) -> None:
        """Stop tracking an object.

        Raises:
            PromptError: There is no such object.
        """
        self.result, self.choice = self.tracker.remove_object(object_id), None

    def rename(self, object_id: int, name: str) -> None:
        """Call an object something.

        Raises:
            PromptError: There is no such object.
        """
        self.result = self.tracker.rename(object_id, name)

    def undo(self) -> None:
        """Take the last change back.

        Raises:
            PromptError: There is none.
        """
        self._catch_up()
        self.result, self.choice = self.tracker.undo(), None

    def _find(self, object_id: int | None, shown: Mapping[str, Any], limit: int) -> Choice:
        prior = None if "box" in shown else self._prior(object_id, shown["points"])
        find = partial(self.tracker.candidates, self._current(), limit=limit)
        return Choice.of(shown, prior, find)

    def _prior(self, object_id: int | None, points: Sequence[object]) -> RunLengths | None:
        """Return the mask that clicks on an object correct: that before the first one of them."""
        choice = self.choice
        if choice is not None and object_id == self._object_id:
            known = choice.shown.get("points", ())
            if known and tuple(points[: len(known)]) == tuple(known):
                return choice.prior
        return self._mask(object_id)

    def _mask(self, object_id: int | None) -> RunLengths | None:
        """Return the mask of an object in this frame; None where it has none."""
        if object_id is None or self.result is None:
            return None
        mask = next((item.mask for item in self.result.objects if item.id == object_id), None)
        return None if mask is None or not mask.any() else RunLengths.of(mask)

    def _take(self, choice: Choice, object_id: int | None) -> None:
        image, mask = self._current(), choice.mask.decode()
        if self.tracker.result is None:
            self.result = self.tracker.init(image, mask=mask, timestamp=self.time)
        elif object_id is None:
            self._catch_up()
            self.result = self.tracker.add_object(image, mask=mask)
        else:
            self.result = self.tracker.correct(image, object_id, mask=mask)
        self.choice = choice
        self._object_id = self.tracker.object_ids[-1] if object_id is None else object_id

    def _catch_up(self) -> None:
        """Step to the current frame, which a stream without objects has not done yet."""
        if self.result is None and self.image is not None and self.tracker.result is not None:
            self.result = self.tracker.step(self.image, self.time)

    def _current(self) -> Frame:
        if self.image is None:
            raise PromptError("there is no frame yet: send one first")
        return self.image
