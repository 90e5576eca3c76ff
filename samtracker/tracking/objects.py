"""The objects of a stream, and what the user does to them.

Whatever changes them works on copies and keeps these at its very end, so that a call that fails,
for a prompt that does not fit or for lack of memory, leaves everything as it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np
import torch

from samtracker.backends.out_of_memory import within_memory
from samtracker.backends.runtime import EncodedFrame, Runtime
from samtracker.config import TrackerConfig
from samtracker.errors import NothingToUndoError, PromptError
from samtracker.model.encoders import Features
from samtracker.prompts.first_objects import check_count
from samtracker.tracking.checks import check_id
from samtracker.tracking.life_cycle import LifeCycle, Observation
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.tracking.segment import segment_frame
from samtracker.tracking.track import Track
from samtracker.types import Box, FrameResult, Mask, State, TrackedObject, mask_box

UNDO = 5
"""Edits that can be undone; each keeps a frame's features."""


@dataclass(frozen=True)
class Edit:
    """What there was before the user changed something.

    Attributes:
        result: Result of the frame in which it was made.
        tracks: Tracks that it touched, by id; None for an object that is new.
        names: Names by id, where it changed nothing else.
    """

    result: FrameResult
    tracks: dict[int, Track | None] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)


class Objects:
    """The objects of a stream.

    Args:
        config: Settings of the tracker.

    Attributes:
        last_id: The largest id given so far; ids are never used again.
    """

    last_id: int
    _config: TrackerConfig
    _tracks: dict[int, Track]
    _edits: deque[Edit]

    def __init__(self, config: TrackerConfig) -> None:
        self.last_id = 0
        self._config = config
        self._tracks = {}
        self._edits = deque(maxlen=UNDO)

    @property
    def ids(self) -> tuple[int, ...]:
        """Ids of the objects, in rising order."""
        return tuple(sorted(self._tracks))

    @property
    def former_results(self) -> tuple[FrameResult, ...]:
        """Results that `undo` can come back to, the latest at the end."""
        return tuple(edit.result for edit in self._edits)

    def copied(self) -> Objects:
        """Return a copy that can change while this one stays as it is."""
        made = copy(self)
        made._tracks, made._edits = self._tracks.copy(), self._edits.copy()
        return made

    def step(
        self,
        runtime: Runtime,
        encoded: EncodedFrame,
        index: int,
        *,
        absent: Collection[int] = (),
        cut: bool = False,
    ) -> tuple[TrackedObject, ...]:
        """Find the objects in the next frame of the stream.

        Args:
            runtime: Runtime of the network.
            encoded: The frame.
            index: Its number.
            absent: Ids of the objects that are not in it.
            cut: Whether the others may be anywhere.

        Raises:
            OutOfMemoryError: The device has no memory left for it.
        """
        gone = {number: self._tracks[number].lost() for number in absent}
        tracks = {number: self._tracks[number] for number in self.ids if number not in gone}
        if cut:
            tracks = {number: track.lost() for number, track in tracks.items()}
        objects, after = segment_frame(runtime, encoded, tracks, index, soft=self._soft)
        self._tracks |= after | gone
        unseen = [
            TrackedObject(
                id=number,
                mask=np.zeros(encoded.transform.frame, np.bool_),
                box=None,
                score=0.0,
                state=State.LOST,
                name=track.name,
            )
            for number, track in gone.items()
        ]
        return tuple(sorted([*objects, *unseen], key=lambda item: item.id))

    def start(
        self,
        encoded: EncodedFrame,
        timestamp: float | None,
        masks: Mapping[int, Mask],
        on_object: Callable[[int, int], object] | None = None,
    ) -> FrameResult:
        """Start objects in the first frame of a stream, in the order of their ids.

        Args:
            encoded: The frame.
            timestamp: Its time in seconds.
            masks: Masks by id.
            on_object: Called for every object that is ready, with how many are and will be.

        Raises:
            PromptError: A mask hides all of another one, or an id cannot be used.
            OutOfMemoryError: The device has no memory left for them.
        """
        for object_id in masks:
            check_id(object_id, above=0)
        size = encoded.transform.frame
        result = FrameResult(index=0, timestamp=timestamp, size=size, objects=())
        for done, (object_id, mask) in enumerate(sorted(masks.items()), 1):
            result = self.set_mask(encoded, result, int(object_id), mask)
            if on_object is not None:
                on_object(done, len(masks))
        return result

    @within_memory()
    @torch.inference_mode()
    def set_mask(
        self, encoded: EncodedFrame, result: FrameResult, object_id: int, mask: Mask
    ) -> FrameResult:
        """Start or correct an object in the current frame with a mask given by the user.

        Raises:
            PromptError: The mask hides all of another object, or there are too many objects.
            OutOfMemoryError: The device has no memory left for it.
        """
        before = [item for item in result.objects if item.id != object_id]
        others = _without(before, mask)
        changed = {}
        for was, item in zip(before, others, strict=True):
            if item is was:
                continue
            if item.box is None:
                raise PromptError(
                    f"the mask of object {object_id} hides all of object {item.id}: "
                    "give another mask, or remove that object first"
                )
            changed[item.id] = self._subtracted(encoded, was, item)
        life_cycle = LifeCycle(self._config, Observation.of(mask, 1.0, 1.0))
        grid_mask = encoded.to_feature_grid(mask)
        if object_id in self._tracks:
            track = self._tracks[object_id].copied()
            track.memory.set_mask(encoded.features, grid_mask)
            track.life_cycle = life_cycle
        else:
            check_count(len(self._tracks) + 1, self._config.max_objects)
            memory = ObjectMemory(self._config, encoded.features, grid_mask)
            track = Track(memory, life_cycle)
        given = TrackedObject(
            id=object_id,
            mask=mask,
            box=mask_box(mask),
            score=1.0,
            state=State.TRACKING,
            name=track.name,
        )
        result_after = _with(result, [*others, given])
        self._change(result, {object_id: track, **changed})
        self.last_id = max(self.last_id, object_id)
        return result_after

    @within_memory()
    @torch.inference_mode()
    def add_reference(
        self, encoded: EncodedFrame, result: FrameResult, object_id: int, mask: Mask
    ) -> None:
        """Show an object's mask in another frame than the current one.

        Raises:
            PromptError: The memory keeps no such frame.
            OutOfMemoryError: The device has no memory left for it.
        """
        if not self._config.anchored:
            raise PromptError(
                "memory='rolling' keeps the last frame only: correct the object in the current one"
            )
        track = self._tracks[object_id].copied()
        track.memory.add_reference(encoded.features, encoded.to_feature_grid(mask))
        self._change(result, {object_id: track})

    def remove(self, result: FrameResult, object_id: int) -> FrameResult:
        """Forget an object."""
        self._edits.append(Edit(result, {object_id: self._tracks.pop(object_id)}))
        return _with(result, [item for item in result.objects if item.id != object_id])

    def rename(self, result: FrameResult, object_id: int, name: str) -> FrameResult:
        """Call an object something.

        Raises:
            PromptError: The name is no str.
        """
        if not isinstance(name, str):
            raise PromptError(f"name={name!r} is no text: give a str")
        self._edits.append(Edit(result, names={object_id: self._tracks[object_id].name}))
        return self._named(result, {object_id: name})

    @within_memory()
    def undo(self, runtime: Runtime, encoded: EncodedFrame, result: FrameResult) -> FrameResult:
        """Take the last change back; what it touched is looked for in the current frame.

        Raises:
            NothingToUndoError: No change is left.
            OutOfMemoryError: The device has no memory left for it.
        """
        if not self._edits:
            raise NothingToUndoError(
                f"nothing to undo: the last {UNDO} changes of a stream are kept"
            )
        edit = self._edits[-1]
        if edit.names:
            self._edits.pop()
            return self._named(result, edit.names)
        back = {number: track for number, track in edit.tracks.items() if track is not None}
        if edit.result.index == result.index:
            restored = edit.result
        else:
            found, back = segment_frame(runtime, encoded, back, result.index, soft=self._soft)
            others = [item for item in result.objects if item.id not in edit.tracks]
            for other in others:
                found = tuple(_without(found, other.mask))
            restored = _with(result, [*others, *found])
        self._edits.pop()
        kept = {number: item for number, item in self._tracks.items() if number not in edit.tracks}
        self._tracks = kept | back
        return restored

    @within_memory()
    def resize(self, like: Features) -> None:
        """Go on with model inputs of another size.

        Raises:
            OutOfMemoryError: The device has no memory left for it.
        """
        tracks = {number: _resized(track, like) for number, track in self._tracks.items()}
        edits = [
            replace(
                edit,
                tracks={
                    number: item and _resized(item, like) for number, item in edit.tracks.items()
                },
            )
            for edit in self._edits
        ]
        self._tracks, self._edits = tracks, deque(edits, maxlen=UNDO)

    def known(self, object_id: int) -> int:
        """Return an id, if it is that of one of the objects.

        Raises:
            PromptError: It is not.
        """
        if not isinstance(object_id, (int, np.integer)) or object_id not in self._tracks:
            known = ", ".join(map(str, self.ids)) or "none"
            raise PromptError(f"object_id={object_id!r} is not tracked (tracked: {known})")
        return int(object_id)

    @property
    def _soft(self) -> bool:
        return self._config.feedback == "soft"

    def _subtracted(
        self, encoded: EncodedFrame, before: TrackedObject, after: TrackedObject
    ) -> Track:
        """Return an object's track after it has lost pixels to another object."""
        track = self._tracks[after.id].copied()
        track.life_cycle.subtract(
            *(Observation.of(mask, after.score, 1.0) for mask in (before.mask, after.mask))
        )
        if after.state is State.TRACKING:  # no other mask has entered the memory
            track.memory.subtract(encoded.features, encoded.to_feature_grid(after.mask))
        return track

    def _change(self, result: FrameResult, changed: Mapping[int, Track]) -> None:
        """Put new tracks in the place of those that there are, which can come back."""
        before = {number: self._tracks.get(number) for number in changed}
        self._edits.append(Edit(result, before))
        self._tracks |= changed

    def _named(self, result: FrameResult, names: Mapping[int, str]) -> FrameResult:
        """Name objects, by id, here and in a result."""
        for number, name in names.items():
            self._tracks[number] = replace(self._tracks[number], name=name)
        return _with(
            result,
            [replace(item, name=names.get(item.id, item.name)) for item in result.objects],
        )


def _resized(track: Track, like: Features) -> Track:
    made = track.copied()
    made.memory.resize(like)
    return made


def _with(result: FrameResult, objects: Collection[TrackedObject]) -> FrameResult:
    return replace(result, objects=tuple(sorted(objects, key=lambda item: item.id)))


def _without(items: Iterable[TrackedObject], taken: Mask) -> list[TrackedObject]:
    """Return objects less the pixels that another one took; those without any are the same."""
    box = mask_box(taken)
    return [_less(item, taken) if _overlap(item.box, box) else item for item in items]


def _less(item: TrackedObject, taken: Mask) -> TrackedObject:
    if not (item.mask & taken).any():
        return item
    mask = item.mask & ~taken
    return replace(item, mask=mask, box=mask_box(mask))


def _overlap(one: Box | None, other: Box | None) -> bool:
    if one is None or other is None:
        return False
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
