"""Prompts in frames that come from the last to the first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

from samtracker.jobs.pass_results import PassResults
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame


@dataclass(frozen=True, kw_only=True)
class FramePrompt:
    """What is pointed at in a frame.

    Attributes:
        id: The object's id in the results.
        name: Its name; empty without.
        given: Returns the prompt as arguments of a tracker's methods, in its frame.
    """

    id: int
    name: str
    given: Callable[[VideoFrame], dict[str, Any]]


class BackwardPrompts:
    """Starts objects at their last prompts, corrects them at the earlier ones. See `PassPrompts`.

    A tracker gives rising ids as objects start; the results get those that they have forward.

    Args:
        prompts: Prompts by the time of their frame; at least one.
        absent: Returns the ids, in the results, of the objects that are known not to be in a frame,
            by its number and time.

    Attributes:
        prompted: Ids, in the results, of the objects started or corrected in the last frame.
    """

    def __init__(
        self,
        prompts: Mapping[float, Sequence[FramePrompt]],
        absent: Callable[[int, float], Iterable[int]],
    ) -> None:
        self._prompts = prompts
        self._absent = absent
        self._ids: dict[int, int] = {}
        self.prompted: frozenset[int] = frozenset()

    def has(self, frame: VideoFrame) -> bool:
        """Return whether something is pointed at in a frame."""
        return frame.time in self._prompts

    @classmethod
    def of(cls, forward: PassResults) -> Self:
        """Make prompts of the masks that a forward pass had at its prompts."""
        prompts = defaultdict(list)
        for number, times in forward.prompted.items():
            name, given = forward.names.get(number, ""), partial(_mask, forward, number)
            for time in times:
                prompts[time].append(FramePrompt(id=number, name=name, given=given))
        return cls(prompts, lambda _, time: forward.absent_at(time))

    def pass_over(self, index: int, time: float) -> None:
        """See `PassPrompts`."""
        del index
        for prompt in self._prompts.get(time, ()):
            self._begin(prompt)

    def absent(self, index: int, time: float) -> tuple[int, ...]:
        """See `PassPrompts`."""
        gone = self._absent(index, time)
        return tuple(self._ids[number] for number in gone if number in self._ids)

    def start(self, tracker: Tracker, frame: VideoFrame) -> FrameResult:
        """Start a stream in a frame that has something.

        Raises:
            PromptError: What is pointed at there shows no object.
        """
        first, *others = self._prompts[frame.time]
        given = first.given(frame)
        if "mask" in given:
            given = {"mask": {1: given["mask"]}}
        result = tracker.init(frame.image, timestamp=frame.time, **given)
        result = self._called(first, tracker, result)
        self.prompted = frozenset((first.id,))
        return self._carry_out(others, tracker, frame, result)

    def apply(self, tracker: Tracker, frame: VideoFrame, result: FrameResult) -> FrameResult:
        """See `PassPrompts`."""
        self.prompted = frozenset()
        return self._carry_out(self._prompts.get(frame.time, ()), tracker, frame, result)

    def to_results(self, result: FrameResult) -> FrameResult:
        """See `PassPrompts`."""
        public = {number: identity for identity, number in self._ids.items()}
        objects = [replace(item, id=public[item.id]) for item in result.objects]
        return replace(result, objects=tuple(sorted(objects, key=lambda item: item.id)))

    def _carry_out(
        self,
        prompts: Sequence[FramePrompt],
        tracker: Tracker,
        frame: VideoFrame,
        result: FrameResult,
    ) -> FrameResult:
        for prompt in prompts:
            given = prompt.given(frame)
            number = self._ids.get(prompt.id)
            if number is not None:
                result = tracker.correct(frame.image, number, **given)
            else:
                result = self._called(prompt, tracker, tracker.add_object(frame.image, **given))
            self.prompted |= {prompt.id}
        return result

    def _called(self, prompt: FramePrompt, tracker: Tracker, result: FrameResult) -> FrameResult:
        number = self._begin(prompt)
        return tracker.rename(number, prompt.name) if prompt.name else result

    def _begin(self, prompt: FramePrompt) -> int:
        return self._ids.setdefault(prompt.id, len(self._ids) + 1)


def _mask(forward: PassResults, number: int, frame: VideoFrame) -> dict[str, Any]:
    result = forward.at(frame.time)
    assert result is not None, "it is prompted there"
    return {"mask": result[number].mask}
