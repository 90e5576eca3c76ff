"""What a user has done in a clip, and what came of it: prompts, names, masks, undo and redo.

The masks follow from the prompts alone: the frames up to `clean` are as a tracker makes them that
is given every prompt in its frame. What is shown behind it is from before the last change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from samtracker.errors import NothingToUndoError, PromptError
from samtracker.serve.run_lengths import RunLengths
from samtracker.types import State

UNDO: Final = 100
"""Changes that can be undone."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """An object in a frame; see `TrackedObject`."""

    id: int
    mask: RunLengths
    score: float
    state: State


@dataclass(frozen=True, kw_only=True)
class PlacedPrompt:
    """A mask that the user has given an object in a frame.

    Attributes:
        frame: Number of the frame.
        object_id: Id of the object.
        mask: The mask.
        shown: What was pointed at: {"box": ...}, {"points": ...} or {"painted": True}.
        prior: Mask that the clicks correct; None for none.
    """

    frame: int
    object_id: int
    mask: RunLengths
    shown: Mapping[str, Any]
    prior: RunLengths | None


@dataclass(frozen=True)
class Snapshot:
    """All that a change may change."""

    prompts: tuple[PlacedPrompt, ...] = ()
    names: Mapping[int, str] = field(default_factory=dict)
    found: Mapping[int, tuple[Found, ...]] = field(default_factory=dict)
    clean: int | None = None


@dataclass(frozen=True, kw_only=True)
class History:
    """All of a timeline: what there is, and what there was.

    Attributes:
        now: What there is now.
        undo: What undoing brings back; the last one comes first.
        redo: What doing again brings back; the last one comes first.
        last_id: The largest id given so far.
    """

    now: Snapshot = field(default_factory=Snapshot)
    undo: tuple[Snapshot, ...] = ()
    redo: tuple[Snapshot, ...] = ()
    last_id: int = 0


class Timeline:
    """The prompts of a clip and the masks that follow from them.

    Args:
        history: What it begins with.

    Attributes:
        now: What there is now.
        last_id: The largest id given so far; ids are never used again.
    """

    def __init__(self, history: History | None = None) -> None:
        history = history or History()
        self.now = history.now
        self.last_id = history.last_id
        self._undo = list(history.undo)
        self._redo = list(history.redo)

    @property
    def history(self) -> History:
        """All of it, which later changes leave as it is."""
        undo, redo = tuple(self._undo), tuple(self._redo)
        return History(now=self.now, undo=undo, redo=redo, last_id=self.last_id)

    @property
    def object_ids(self) -> tuple[int, ...]:
        """Ids of the objects, in rising order."""
        return tuple(sorted({prompt.object_id for prompt in self.now.prompts}))

    @property
    def first(self) -> int | None:
        """Number of the first frame with a prompt; None where there is none."""
        return min((prompt.frame for prompt in self.now.prompts), default=None)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._undo)

    @property
    def can_redo(self) -> bool:
        """Whether there is a change to do again."""
        return bool(self._redo)

    def check_id(self, object_id: int) -> None:
        """Check that there is an object.

        Raises:
            PromptError: There is none with this id.
        """
        if object_id not in self.object_ids:
            known = ", ".join(map(str, self.object_ids)) or "none"
            raise PromptError(f"object_id={object_id} is not there (there are: {known})")

    def prompts_of(self, frame: int) -> list[PlacedPrompt]:
        """Return the prompts of a frame, in the order in which they were given."""
        return [prompt for prompt in self.now.prompts if prompt.frame == frame]

    def prompt(self, frame: int, object_id: int) -> PlacedPrompt | None:
        """Return the prompt of an object in a frame."""
        return next((p for p in self.prompts_of(frame) if p.object_id == object_id), None)

    def mask(self, frame: int, object_id: int) -> RunLengths | None:
        """Return the mask of an object in a frame; None where it has none."""
        found = self.now.found.get(frame, ())
        return next((i.mask for i in found if i.id == object_id and i.mask.box is not None), None)

    def before(self, frame: int) -> tuple[Found, ...]:
        """Return the objects in a frame as they were before the last change."""
        return self._undo[-1].found.get(frame, ()) if self._undo else ()

    def stream_ids(self) -> dict[int, int]:
        """Return for each object its id in a stream that is given the prompts in rising order."""
        ordered = sorted(self.now.prompts, key=lambda prompt: prompt.frame)
        ids = dict.fromkeys(prompt.object_id for prompt in ordered)
        return {object_id: number for number, object_id in enumerate(ids, start=1)}

    def place(self, prompt: PlacedPrompt, *, again: bool = False) -> None:
        """Add a prompt, or put it in the place of the object's other one in this frame.

        Args:
            prompt: The prompt.
            again: Whether it is another choice for the last change, and no change of its own.

        Raises:
            PromptError: Its mask hides all of another object.
        """
        now = self.now
        there = self.prompt(prompt.frame, prompt.object_id)
        if there is None:
            prompts = (*now.prompts, prompt)
        else:
            prompts = tuple(prompt if item is there else item for item in now.prompts)
        clean = prompt.frame if now.clean is None else min(now.clean, prompt.frame)
        given = Found(id=prompt.object_id, mask=prompt.mask, score=1.0, state=State.TRACKING)
        others = _without(now.found.get(prompt.frame, ()), given)
        found = {**now.found, prompt.frame: _ordered([*others, given])}
        self._change(replace(now, prompts=prompts, found=found, clean=clean), again=again)
        self.last_id = max(self.last_id, prompt.object_id)

    def remove(self, object_id: int) -> None:
        """Forget an object; the masks of the others stay as they are.

        Raises:
            PromptError: There is no such object.
        """
        self.check_id(object_id)
        now = self.now
        prompts = tuple(item for item in now.prompts if item.object_id != object_id)
        kept = (
            (frame, tuple(item for item in found if item.id != object_id))
            for frame, found in now.found.items()
        )
        found = {frame: items for frame, items in kept if items}
        first = min((prompt.frame for prompt in prompts), default=None)
        clean = None if first is None else max(first, now.clean or 0)
        names = {number: name for number, name in now.names.items() if number != object_id}
        self._change(Snapshot(prompts, names, found, clean))

    def rename(self, object_id: int, name: str) -> None:
        """Call an object something.

        Raises:
            PromptError: There is no such object.
        """
        self.check_id(object_id)
        self._change(replace(self.now, names={**self.now.names, object_id: name}))

    def record(self, frame: int, found: Iterable[Found]) -> None:
        """Take note of what was tracked in the frame after `clean`, or in that frame itself."""
        self.now = replace(self.now, found={**self.now.found, frame: _ordered(found)}, clean=frame)

    def undo(self) -> None:
        """Take the last change back, and all that was tracked since.

        Raises:
            NothingToUndoError: There is none.
        """
        self._step(self._undo, self._redo, "undo")

    def redo(self) -> None:
        """Do again what was undone last.

        Raises:
            NothingToUndoError: There is none.
        """
        self._step(self._redo, self._undo, "redo")

    def _step(self, back: list[Snapshot], forth: list[Snapshot], what: str) -> None:
        if not back:
            raise NothingToUndoError(f"nothing to {what}: change something first")
        forth.append(self.now)
        self.now = back.pop()

    def _change(self, after: Snapshot, *, again: bool = False) -> None:
        if not again:
            self._undo.append(self.now)
            del self._undo[:-UNDO]
        self._redo.clear()
        self.now = after


def _ordered(found: Iterable[Found]) -> tuple[Found, ...]:
    return tuple(sorted(found, key=lambda item: item.id))


def _without(there: Iterable[Found], given: Found) -> list[Found]:
    """Return the other objects of a frame, less the pixels of the one that is given."""
    taken, others = given.mask.decode(), []
    for item in there:
        if item.id == given.id:
            continue
        left = replace(item, mask=item.mask.less(taken))
        if left.mask.box is None and item.mask.box is not None:
            raise PromptError(
                f"the mask of object {given.id} hides all of object {item.id}: "
                "give another mask, or remove that object first"
            )
        others.append(left)
    return others
