"""All that a change in a clip may change: prompts, names, and what was tracked."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

from samtracker.config import Direction
from samtracker.serve.joined_passes import JoinedPasses
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.tracked_pass import WAYS, Found, TrackedPass, Way


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """All that a change may change.

    Attributes:
        prompts: All prompts, in the order in which they were given.
        names: Names by object id.
        direction: Which of the passes count.
        passes: What was tracked in each way; the passes do not depend on the direction.
    """

    prompts: tuple[PlacedPrompt, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    direction: Direction = "forward"
    passes: Mapping[Way, TrackedPass] = field(
        default_factory=lambda: {way: TrackedPass(way=way) for way in WAYS["both"]}
    )

    @property
    def ways(self) -> tuple[Way, ...]:
        """The passes that count, in the order in which they are tracked."""
        return WAYS[self.direction]

    @property
    def frames(self) -> list[int]:
        """Numbers of the frames with a prompt, rising."""
        return sorted({prompt.frame for prompt in self.prompts})

    @cached_property
    def prompted(self) -> Mapping[int, Sequence[int]]:
        """For each object the frames with a prompt of it, rising.

        The objects come as in a stream that is given the prompts forward.
        """
        frames: defaultdict[int, list[int]] = defaultdict(list)
        for prompt in sorted(self.prompts, key=lambda prompt: prompt.frame):
            frames[prompt.object_id].append(prompt.frame)
        return frames

    @property
    def clean(self) -> tuple[int, int] | None:
        """The first and the last frame that are up to date; None for none."""
        if not self.prompts:
            return None
        if self.direction == "both":
            return self._joined.clean
        (way,) = self.ways
        begin, end = self.passes[way].first_of(self.frames), self.passes[way].clean
        assert end is not None, "there is a prompt"
        return min(begin, end), max(begin, end)

    @property
    def clean_frames(self) -> range:
        """The frames that are up to date."""
        return range(0) if self.clean is None else range(self.clean[0], self.clean[1] + 1)

    def limits(self, first: int, last: int | None) -> dict[Way, float]:
        """Return the frames at which the passes end, where there are prompts.

        Args:
            first: First frame that is wanted.
            last: Last one; None for that of the clip.
        """
        begin, end = float(first), math.inf if last is None else float(last)
        if self.direction == "both":  # what lies between prompts needs both passes
            begin, end = min(begin, self.frames[0]), max(end, self.frames[-1])
        return {"forward": end, "backward": begin}

    def at(self, frame: int) -> tuple[Found, ...]:
        """Return the objects in a frame, in the order of their ids."""
        if self.direction == "both":
            return self._joined.at(frame)
        return self.passes[self.direction].at(frame)

    def claims(self, frame: int) -> Sequence[Found]:
        """Return the objects in a frame sooner than `at`; their masks may overlap."""
        if self.direction == "both":
            return self._joined.claims(frame)
        return self.passes[self.direction].at(frame)

    def given(self, prompt: PlacedPrompt) -> Self:
        """Return it with a prompt more, or in the place of the object's other one in this frame."""
        taken = prompt.mask.decode()
        frame, number = prompt.frame, prompt.object_id
        places = [(item.frame, item.object_id) for item in self.prompts]
        prompts = [
            replace(item, mask=item.mask.less(taken)) if item.frame == frame else item
            for item in self.prompts
        ]
        if (frame, number) in places:
            prompts[places.index((frame, number))] = prompt
        else:
            prompts.append(prompt)
        passes = {way: one.given(prompt) for way, one in self.passes.items()}
        after = replace(self, prompts=tuple(prompts), passes=passes)
        if not after.starts_like(self):
            backward = passes["backward"].begun_anew(after.frames)
            return replace(after, passes={**passes, "backward": backward})
        return after

    def without(self, object_id: int) -> Self:
        """Return it without an object; the masks of the others stay as they are."""
        prompts = tuple(item for item in self.prompts if item.object_id != object_id)
        names = {number: name for number, name in self.names.items() if number != object_id}
        passes = {way: one.without(object_id, prompts) for way, one in self.passes.items()}
        return replace(self, prompts=prompts, names=names, passes=passes)

    def starts_like(self, other: Snapshot) -> bool:
        """Return whether objects that both have start in one order where a frame starts several.

        Backward these start together in the order that they have forward, which an earlier prompt
        may change.
        """
        one = [number for number in self.prompted if number in other.prompted]
        return one == [number for number in other.prompted if number in self.prompted]

    @cached_property
    def _joined(self) -> JoinedPasses:
        return JoinedPasses(self.prompted, self.passes["forward"], self.passes["backward"])
