"""What a user has done in a clip, and what came of it: prompts, names, masks, undo and redo.

The masks follow from the prompts and the direction alone: those of a pass are, as far as it is
clean, as a tracker makes them that is given every prompt in its frame. What is shown behind it is
from before the last change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from samtracker.config import Direction
from samtracker.errors import NothingToUndoError, PromptError
from samtracker.serve.placed_prompt import PlacedPrompt
from samtracker.serve.run_lengths import RunLengths
from samtracker.serve.snapshot import Snapshot
from samtracker.serve.tracked_pass import Found, Way

UNDO: Final = 100
"""Changes that can be undone."""


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
        found = self.now.at(frame)
        return next((i.mask for i in found if i.id == object_id and i.mask.box is not None), None)

    def before(self, frame: int) -> tuple[Found, ...]:
        """Return the objects in a frame as they were before the last change."""
        return self._undo[-1].at(frame) if self._undo else ()

    def place(self, prompt: PlacedPrompt, *, again: bool = False) -> None:
        """Add a prompt, or put it in the place of the object's other one in this frame.

        Args:
            prompt: The prompt.
            again: Whether it is another choice for the last change, and no change of its own.

        Raises:
            PromptError: Its mask hides all of another object.
        """
        now, taken = self._undo[-1] if again else self.now, prompt.mask.decode()
        for item in now.at(prompt.frame):
            hidden = item.mask.box is not None and item.mask.less(taken).box is None
            if hidden and item.id != prompt.object_id:
                raise PromptError(
                    f"the mask of object {prompt.object_id} hides all of object {item.id}: "
                    "give another mask, or remove that object first"
                )
        self._change(now.given(prompt), again=again)
        self.last_id = max(self.last_id, prompt.object_id)

    def remove(self, object_id: int) -> None:
        """Forget an object; the masks of the others stay as they are.

        Raises:
            PromptError: There is no such object.
        """
        self.check_id(object_id)
        self._change(self.now.without(object_id))

    def rename(self, object_id: int, name: str) -> None:
        """Call an object something.

        Raises:
            PromptError: There is no such object.
        """
        self.check_id(object_id)
        self._change(replace(self.now, names={**self.now.names, object_id: name}))

    def direct(self, direction: Direction) -> None:
        """Say which passes count, now and in what can be undone or done again."""
        self.now = replace(self.now, direction=direction)
        self._undo = [replace(one, direction=direction) for one in self._undo]
        self._redo = [replace(one, direction=direction) for one in self._redo]

    def record(self, way: Way, frame: int, found: Iterable[Found]) -> list[int]:
        """Take note of what a pass found in the frame after `clean`, or in that frame itself.

        Returns:
            The frames that have other objects by that, this frame last.
        """
        before = self.now
        passes = {**before.passes, way: before.passes[way].recorded(frame, found)}
        self.now = replace(before, passes=passes)
        old, new = before.clean_frames, self.now.clean_frames
        ahead = range(new.start, min(old.start, new.stop))
        behind = range(max(old.stop, new.start), new.stop)
        return [*(at for at in (*ahead, *behind) if at != frame), frame]

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
