"""The objects of a stream, and what the user does to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from samtracker.config import TrackerConfig
from samtracker.errors import PromptError
from samtracker.model.encoders import Features
from samtracker.model.runtime import EncodedFrame, Runtime
from samtracker.tracking.life_cycle import LifeCycle, Observation
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.tracking.segment import segment
from samtracker.tracking.track import Track
from samtracker.types import FrameResult, Mask, State, TrackedObject, mask_box

UNDO = 5
"""Edits that can be undone; each keeps a frame's features."""


@dataclass
class Edit:
    """What there was before the user changed something.

    Attributes:
        result: of the frame it was made in.
        subjects: those that it touched, by id; None for one that is new.
        names: by id, where it changed nothing else.
    """

    result: FrameResult
    subjects: dict[int, Track | None] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)


class Objects:
    """The objects of a stream.

    Args:
        config: of the tracker.

    Attributes:
        last_id: the largest id given so far; ids are never used again.
    """

    def __init__(self, config: TrackerConfig) -> None:
        self.last_id = 0
        self._config = config
        self._subjects: dict[int, Track] = {}
        self._edits: deque[Edit] = deque(maxlen=UNDO)

    @property
    def ids(self) -> tuple[int, ...]:
        """In rising order."""
        return tuple(sorted(self._subjects))

    def segment(
        self, runtime: Runtime, encoded: EncodedFrame, index: int
    ) -> tuple[TrackedObject, ...]:
        """Find them in the next frame."""
        ordered = {number: self._subjects[number] for number in self.ids}
        return segment(runtime, encoded, ordered, index, soft=self._config.feedback == "soft")

    @torch.inference_mode()
    def take(
        self, encoded: EncodedFrame, result: FrameResult, object_id: int, mask: Mask
    ) -> FrameResult:
        """Start or correct an object in the current frame with a mask given by the user.

        Raises:
            PromptError: the mask hides all of another object.
        """
        others = [_without(item, mask) for item in result.objects if item.id != object_id]
        for item in others:
            if item.box is None and result[item.id].box is not None:
                raise PromptError(
                    f"the mask of object {object_id} hides all of object {item.id}: "
                    "give another mask, or remove that object first"
                )
        trimmed = [item for item in others if item is not result[item.id]]
        self._remember(result, [object_id, *(item.id for item in trimmed)])
        for item in trimmed:
            subject, before = self._subjects[item.id], result[item.id].mask
            subject.life.trim(*(Observation.of(m, item.score, 1.0) for m in (before, item.mask)))
            if item.state is State.TRACKING:  # no other mask has entered the memory
                subject.track.trim(encoded.features, encoded.to_feature_grid(item.mask))
        life = LifeCycle(self._config, Observation.of(mask, 1.0, 1.0))
        cells = encoded.to_feature_grid(mask)
        if object_id in self._subjects:
            subject = self._subjects[object_id]
            subject.track.anchor(encoded.features, cells)
            subject.life = life
        else:
            track = ObjectMemory(self._config, encoded.features, cells)
            subject = self._subjects[object_id] = Track(track, life)
            self.last_id = max(self.last_id, object_id)
        given = TrackedObject(
            id=object_id,
            mask=mask,
            box=mask_box(mask),
            score=1.0,
            state=State.TRACKING,
            name=subject.name,
        )
        return _with(result, [*others, given])

    @torch.inference_mode()
    def remind(
        self, encoded: EncodedFrame, result: FrameResult, object_id: int, mask: Mask
    ) -> None:
        """Show an object's mask in another frame than the current one.

        Raises:
            PromptError: the memory keeps no such frame.
        """
        if not self._config.anchored:
            raise PromptError(
                "memory='rolling' keeps the last frame only: correct the object in the current one"
            )
        self._remember(result, [object_id])
        self._subjects[object_id].track.remind(encoded.features, encoded.to_feature_grid(mask))

    def remove(self, result: FrameResult, object_id: int) -> FrameResult:
        """Forget an object."""
        self._remember(result, [object_id])
        del self._subjects[object_id]
        return _with(result, [item for item in result.objects if item.id != object_id])

    def rename(self, result: FrameResult, object_id: int, name: str) -> FrameResult:
        """Call an object something.

        Raises:
            PromptError: the name is no str.
        """
        if not isinstance(name, str):
            raise PromptError(f"name={name!r} is no text: give a str")
        names = {object_id: self._subjects[object_id].name}
        self._edits.append(Edit(result, names=names))
        return self._named(result, {object_id: name})

    def undo(self, runtime: Runtime, encoded: EncodedFrame, result: FrameResult) -> FrameResult:
        """Take the last change back; what it touched is looked for in the current frame.

        Raises:
            PromptError: there is nothing to undo.
        """
        if not self._edits:
            raise PromptError(f"nothing to undo: the last {UNDO} changes of a stream are kept")
        edit = self._edits.pop()
        if edit.names:
            return self._named(result, edit.names)
        for number, subject in edit.subjects.items():
            if subject is None:
                del self._subjects[number]
            else:
                self._subjects[number] = subject
        if edit.result.index == result.index:
            return edit.result
        back = {number: item for number, item in edit.subjects.items() if item is not None}
        others = [item for item in result.objects if item.id not in edit.subjects]
        soft = self._config.feedback == "soft"
        found = segment(runtime, encoded, back, result.index, soft=soft)
        for other in others:
            found = tuple(_without(item, other.mask) for item in found)
        return _with(result, [*others, *found])

    def resize(self, like: Features) -> None:
        """Go on with canvases of another size."""
        before = [item for edit in self._edits for item in edit.subjects.values()]
        for subject in (*self._subjects.values(), *before):
            if subject is not None:
                subject.track.resize(like)

    def known(self, object_id: int) -> int:
        """An id, if it is that of one of them.

        Raises:
            PromptError: it is not.
        """
        if not isinstance(object_id, (int, np.integer)) or object_id not in self._subjects:
            known = ", ".join(map(str, self.ids)) or "none"
            raise PromptError(f"object_id={object_id!r} is not tracked (tracked: {known})")
        return int(object_id)

    def _remember(self, result: FrameResult, touched: Collection[int]) -> None:
        """Before a change."""
        subjects = {
            number: self._subjects[number].copied() if number in self._subjects else None
            for number in touched
        }
        self._edits.append(Edit(result, subjects))

    def _named(self, result: FrameResult, names: dict[int, str]) -> FrameResult:
        """Name objects, by id, here and in a result."""
        for number, name in names.items():
            self._subjects[number].name = name
        return _with(
            result,
            [replace(item, name=names.get(item.id, item.name)) for item in result.objects],
        )


def _with(result: FrameResult, objects: Collection[TrackedObject]) -> FrameResult:
    return replace(result, objects=tuple(sorted(objects, key=lambda item: item.id)))


def _without(item: TrackedObject, taken: Mask) -> TrackedObject:
    """An object less the pixels that another one took."""
    if not (item.mask & taken).any():
        return item
    mask = item.mask & ~taken
    return replace(item, mask=mask, box=mask_box(mask))
