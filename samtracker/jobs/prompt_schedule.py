"""A file of prompts, carried out frame by frame."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from samtracker.errors import PromptError
from samtracker.jobs.backward_prompts import FramePrompt
from samtracker.prompts.mask_file import read_mask
from samtracker.prompts.prompts_file import PlacedPrompt, PromptedObject, PromptsFile
from samtracker.tracker import Tracker
from samtracker.types import FrameResult, Mask, Size
from samtracker.video.read import VideoFrame

_LOG = logging.getLogger(__name__)

_Prompts = list[tuple[PromptedObject, PlacedPrompt]]


class PromptSchedule:
    """Starts objects at their first prompts and corrects them at the later ones.

    A prompt holds in the first frame that is tracked from its place on. Objects get the ids 1, 2,
    ... as they start, if the file gives none; those that start in one frame, in its order.

    Args:
        file: What to do.

    Attributes:
        prompted: Ids of the objects that were started or corrected in the last frame.
    """

    def __init__(self, file: PromptsFile) -> None:
        self._file = file
        self._waiting: _Prompts = [(o, prompt) for o in file.objects for prompt in o.shown]
        self._ids: dict[int, int] = {}
        self._kinds: dict[int, str] = {}
        self.prompted: frozenset[int] = frozenset()

    def check(self, first: VideoFrame) -> None:
        """Check what can be before anything is tracked.

        Args:
            first: First frame of what may be tracked.

        Raises:
            PromptError: A mask cannot be read, or a prompt lies before that frame.
        """
        for _, prompt in self._waiting:
            if prompt.place.is_before(first.index, first.time):
                raise PromptError(
                    f"prompts '{self._file.path}' has one at {prompt.place}, before the first "
                    f"frame ({first.index}, at {first.time:g} s): give an earlier start=..."
                )
            if prompt.kind == "mask":
                _read(prompt, first)

    def has(self, frame: VideoFrame) -> bool:
        """See `LaterPrompts`."""
        return any(p.place.is_reached(frame.index, frame.time) for _, p in self._waiting)

    def start(self, tracker: Tracker, frame: VideoFrame) -> FrameResult:
        """See `LaterPrompts`."""
        (item, prompt), *others = self._due(frame.index, frame.time)
        given = _given(prompt, frame)
        number = self._begin(item, prompt)
        if prompt.kind != "mask" and number != 1:  # which `init` would call it
            given = {"mask": tracker.candidates(frame.image, **given, limit=1)[0].mask}
        if "mask" in given:
            given = {"mask": {number: given["mask"]}}
        result = tracker.init(frame.image, timestamp=frame.time, **given)
        result = tracker.rename(number, item.name) if item.name else result
        self.prompted = frozenset((number,))
        return self._carry_out(others, tracker, frame, result)

    def note(self, frame: VideoFrame, result: FrameResult) -> None:
        """See `LaterPrompts`."""
        self.pass_over(frame.index, frame.time)

    def pass_over(self, index: int, time: float) -> None:
        """See `PassPrompts`."""
        for item, prompt in self._due(index, time):
            if id(item) not in self._ids:
                self._begin(item, prompt)

    def absent(self, index: int, time: float) -> tuple[int, ...]:
        """See `LaterPrompts`."""
        started = ((self._ids.get(id(item)), item) for item in self._file.objects)
        return tuple(n for n, item in started if n is not None and item.is_absent(index, time))

    def apply(self, tracker: Tracker, frame: VideoFrame, result: FrameResult) -> FrameResult:
        """See `LaterPrompts`."""
        self.prompted = frozenset()
        return self._carry_out(self._due(frame.index, frame.time), tracker, frame, result)

    def backward(self, places: Sequence[tuple[int, float]]) -> dict[float, list[FramePrompt]]:
        """Return what to do where frames come from the last to the first.

        Args:
            places: Numbers and times of all frames, in the order of their times.

        Returns:
            By the time of the frame; ids are those that the objects have forward.
        """
        found: dict[float, list[FramePrompt]] = {}
        for index, time in places:
            for item, prompt in self._due(index, time):
                number = self._ids.get(id(item)) or self._begin(item, prompt)
                given = partial(_given, prompt)
                step = FramePrompt(id=number, name=item.name, given=given)
                found.setdefault(time, []).append(step)
            if not self._waiting:
                break
        return found

    def standing_alone(self, frame: VideoFrame) -> tuple[PromptedObject, ...]:
        """Return the objects with masks as run lengths in the place of files.

        Args:
            frame: Frame of the size that masks have.

        Raises:
            PromptError: A mask cannot be read.
        """

        def alone(prompt: PlacedPrompt) -> PlacedPrompt:
            return prompt if prompt.mask is None else replace(prompt, mask=_read(prompt, frame))

        return tuple(
            replace(item, prompts=tuple(map(alone, item.prompts))) for item in self._file.objects
        )

    def origin(self, object_id: int, method: str) -> str:
        """See `LaterPrompts`."""
        kind = self._kinds[object_id]
        return kind if kind == "mask" else f"{kind} ({method})"

    def origins(self, method: str) -> dict[int, str]:
        """Return what the first masks of all objects were made from; see `origin`."""
        return {number: self.origin(number, method) for number in self._ids.values()}

    def to_results(self, result: FrameResult) -> FrameResult:
        """See `PassPrompts`."""
        return result

    def finish(self) -> None:
        """See `LaterPrompts`."""
        if self._waiting:
            places = ", ".join(str(prompt.place) for _, prompt in self._waiting[:3])
            more = " ..." if len(self._waiting) > 3 else ""
            _LOG.warning(
                "prompts '%s': left out %d that lie behind the last frame: %s%s",
                *(self._file.path, len(self._waiting), places, more),
            )

    def _due(self, index: int, time: float) -> _Prompts:
        """Take the prompts that hold in a frame from those that wait."""
        due: _Prompts = []
        waiting: _Prompts = []
        for item in self._waiting:
            reached = item[1].place.is_reached(index, time)
            (due if reached else waiting).append(item)
        self._waiting = waiting
        return due

    def _carry_out(
        self, prompts: _Prompts, tracker: Tracker, frame: VideoFrame, result: FrameResult
    ) -> FrameResult:
        for item, prompt in prompts:
            given = _given(prompt, frame)
            number = self._ids.get(id(item))
            if number is not None:
                result = tracker.correct(frame.image, number, **given)
            else:
                number = self._begin(item, prompt)
                result = tracker.add_object(frame.image, object_id=number, **given)
                result = tracker.rename(number, item.name) if item.name else result
            self.prompted |= {number}
        return result

    def _begin(self, item: PromptedObject, prompt: PlacedPrompt) -> int:
        """Give an object its id."""
        number = item.id or max(self._kinds, default=0) + 1
        self._ids[id(item)] = number
        self._kinds[number] = prompt.kind
        return number


def _given(prompt: PlacedPrompt, frame: VideoFrame) -> dict[str, Any]:
    """Return a prompt as the arguments of a tracker's methods."""
    if prompt.kind == "mask":
        return {"mask": _read(prompt, frame)}
    return {"box": prompt.box} if prompt.box is not None else {"points": prompt.points}


def _read(prompt: PlacedPrompt, frame: VideoFrame) -> Mask:
    size: Size = (frame.image.shape[0], frame.image.shape[1])
    if prompt.rle is not None:
        return prompt.pixels(size)
    assert isinstance(prompt.mask, Path), "it comes from a file"
    masks = read_mask(prompt.mask, size, frame=frame.source or "").masks()
    if len(masks) > 1:
        raise PromptError(f"mask '{prompt.mask}' shows {len(masks)} objects: give one of each")
    return next(iter(masks.values()))
