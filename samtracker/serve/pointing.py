"""What was pointed at in a frame and the masks that it may mean; what was painted there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from samtracker.backends.runtime import EncodedFrame
from samtracker.errors import PromptError
from samtracker.prompts.prompts import CANDIDATES, find_candidates
from samtracker.prompts.stroke import paint_stroke
from samtracker.serve.run_lengths import RunLengths
from samtracker.tracker import Tracker
from samtracker.types import Candidate, Frame, Size


@dataclass(frozen=True)
class Choice:
    """The masks that a box or clicks may mean, and the one that is taken.

    Attributes:
        shown: The box or the clicks, by the name of the tracker's argument.
        prior: Mask that the clicks correct; None for none.
        masks: The masks, the likeliest first, with their predicted IoU.
        number: Number of the one that is taken, from 0.
    """

    shown: Mapping[str, Any]
    prior: RunLengths | None
    masks: tuple[tuple[RunLengths, float | None], ...]
    number: int = 0

    @classmethod
    def of(
        cls,
        shown: Mapping[str, Any],
        prior: RunLengths | None,
        find: Callable[..., Iterable[Candidate]],
    ) -> Self:
        """Find the masks that a box or clicks may mean.

        Args:
            shown: The box or the clicks, by the name of the tracker's argument.
            prior: Mask that the clicks correct; None for none.
            find: Finds them, given `shown` and the mask as `prior`.

        Raises:
            PromptError: They show no object.
        """
        found = find(prior=None if prior is None else prior.decode(), **shown)
        return cls(shown, prior, tuple((RunLengths.of(item.mask), item.score) for item in found))

    @classmethod
    def painted(cls, mask: RunLengths) -> Self:
        """Return the one mask that is painted.

        Raises:
            PromptError: Nothing is left of it.
        """
        if mask.box is None:
            raise PromptError("nothing of the object is left: delete it, or paint less")
        return cls({"painted": True}, None, ((mask, None),))

    @property
    def mask(self) -> RunLengths:
        """The mask that is taken."""
        return self.masks[self.number][0]

    @property
    def score(self) -> float | None:
        """Its predicted IoU; None for what was painted."""
        return self.masks[self.number][1]

    def following(self) -> Choice:
        """Return the same choice with the next mask taken; after the last one the first."""
        return replace(self, number=(self.number + 1) % len(self.masks))

    def to_json(self) -> dict[str, Any]:
        """Return what a user wants to know of it."""
        return {
            "number": self.number + 1,
            "count": len(self.masks),
            "score": self.score,
        }


@dataclass(frozen=True, kw_only=True)
class Stroke:
    """A stroke of a brush.

    Attributes:
        path: Places x, y in pixels of the frame.
        radius: Radius of the brush in pixels.
        erase: Whether it takes away.
    """

    path: tuple[tuple[float, float], ...]
    radius: int
    erase: bool

    def change(self, mask: RunLengths | None, size: Size) -> RunLengths:
        """Return a mask after the stroke.

        Args:
            mask: The mask; None for an empty one.
            size: (H, W) of the frame.
        """
        stroke = paint_stroke(self.path, self.radius, size)
        if mask is None:
            return RunLengths.of(stroke & (not self.erase))
        before = mask.decode()
        return RunLengths.of(before & ~stroke if self.erase else before | stroke)


class Pointer:
    """Points at a clip, a frame of which is encoded once however often it is pointed at.

    It is to be used by one thread at a time.

    Args:
        tracker: A tracker without a stream.
    """

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self._last: tuple[Frame, EncodedFrame] | None = None

    def point(
        self,
        image: Frame,
        shown: Mapping[str, Any],
        prior: RunLengths | None,
        *,
        limit: int = CANDIDATES,
    ) -> Choice:
        """Find the masks that a box or clicks may mean, `limit` of them at most.

        Raises:
            PromptError: They show no object.
        """
        runtime = self._tracker.runtime
        if self._last is None or self._last[0] is not image:
            self._last = image, runtime.encode(image, self._tracker.config.size)
        return Choice.of(
            shown, prior, partial(find_candidates, runtime, self._last[1], limit=limit)
        )
