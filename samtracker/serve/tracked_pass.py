"""What was tracked in a clip in one direction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Literal, Self

from samtracker.config import Direction
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.run_lengths import RunLengths
from samtracker.types import State, TrackedObject, mask_box

Way = Literal["forward", "backward"]
"""Where a pass goes: from the first prompt to the end, or from the last to the start."""

WAYS: Final[Mapping[Direction, tuple[Way, ...]]] = {
    "forward": ("forward",),
    "backward": ("backward",),
    "both": ("forward", "backward"),
}
"""The passes of each direction, in their order."""

STEPS: Final[Mapping[Way, int]] = {"forward": 1, "backward": -1}
"""From a frame to the next one of a pass."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """An object in a frame; see `TrackedObject`."""

    id: int
    mask: RunLengths
    score: float
    state: State

    @classmethod
    def of(cls, item: TrackedObject, object_id: int) -> Self:
        """Return what a tracker found, with an id that may be another one."""
        mask = RunLengths.of(item.mask)
        return cls(id=object_id, mask=mask, score=item.score, state=item.state)

    def to_object(self, name: str = "") -> TrackedObject:
        """Return it as a tracker returns it."""
        mask = self.mask.decode()
        return TrackedObject(
            id=self.id,
            mask=mask,
            box=mask_box(mask),
            score=self.score,
            state=self.state,
            name=name,
        )


@dataclass(frozen=True, kw_only=True)
class TrackedPass:
    """What was tracked in one direction.

    Attributes:
        way: The direction.
        found: The objects by frame; behind `clean` they are from before the last change.
        clean: The last frame on its way that is up to date; None where there are no prompts.
    """

    way: Way
    found: Mapping[int, tuple[Found, ...]] = field(default_factory=dict)
    clean: int | None = None

    def at(self, frame: int) -> tuple[Found, ...]:
        """Return the objects in a frame."""
        return self.found.get(frame, ())

    def first_of(self, frames: Iterable[int]) -> int:
        """Return the frame that comes first on its way, of at least one."""
        return min(frames, key=lambda frame: STEPS[self.way] * frame)

    def reaches(self, frame: int) -> bool:
        """Return whether it is up to date as far as a frame."""
        return self.clean is not None and self.first_of((frame, self.clean)) == frame

    def given(self, prompt: PlacedPrompt) -> Self:
        """Return it with a prompt more, of which all depends that comes behind it."""
        taken = prompt.mask.decode()
        given = Found(id=prompt.object_id, mask=prompt.mask, score=1.0, state=State.TRACKING)
        others = [
            replace(item, mask=item.mask.less(taken))
            for item in self.at(prompt.frame)
            if item.id != given.id
        ]
        clean = prompt.frame if self.clean is None else self.first_of((self.clean, prompt.frame))
        return replace(self.recorded(prompt.frame, [*others, given]), clean=clean)

    def without(self, object_id: int, prompts: Iterable[PlacedPrompt]) -> Self:
        """Return it without an object; what was found of the others stays.

        Args:
            object_id: Id of the object.
            prompts: The prompts of the others.
        """
        kept = (
            (frame, tuple(item for item in found if item.id != object_id))
            for frame, found in self.found.items()
        )
        found = {frame: items for frame, items in kept if items}
        frames = [prompt.frame for prompt in prompts]
        if not frames or self.clean is None:
            return replace(self, found=found, clean=None)
        begin = self.first_of(frames)
        return replace(self, found=found, clean=self.clean if self.reaches(begin) else begin)

    def begun_anew(self, frames: Iterable[int]) -> Self:
        """Return it with nothing that is up to date but the first of the frames with a prompt."""
        return replace(self, clean=self.first_of(frames))

    def recorded(self, frame: int, found: Iterable[Found]) -> Self:
        """Return it with what was found in a frame, up to which it is up to date."""
        ordered = tuple(sorted(found, key=lambda item: item.id))
        return replace(self, found={**self.found, frame: ordered}, clean=frame)
