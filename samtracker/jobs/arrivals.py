"""Starting the objects that a detector finds while a job runs."""

from __future__ import annotations

import logging
from typing import Final

from samtracker.errors import PromptError
from samtracker.masks.association import associate, box_ious
from samtracker.prompts.detections import Detection, Detections
from samtracker.tracker import Tracker
from samtracker.types import Box, FrameResult
from samtracker.video.read import VideoFrame

_LOG = logging.getLogger(__name__)

SAME: Final = 0.3
"""IoU of a detection with the box of an object from which on it is that object."""


class Arrivals:
    """Starts an object where a detection is that of no object yet.

    Detections and objects are paired by their boxes, the best pair first, unless they are of
    different classes. An object that is lost still has its last box, so that it does not start
    anew beside the one that may be found again. What a detection shows nothing of, or what would be
    one object too many, is left out.

    Args:
        detections: Boxes by frame.
    """

    def __init__(self, detections: Detections) -> None:
        self._detections = detections
        self._boxes: dict[int, Box] = {}
        self._full = False

    def has(self, frame: VideoFrame) -> bool:
        """See `LaterPrompts`."""
        return bool(self._detections.of(frame.index, frame.source))

    def start(self, tracker: Tracker, frame: VideoFrame) -> FrameResult:
        """See `LaterPrompts`; first with the surest detection that shows something."""
        failure = PromptError(f"no detection is in frame {frame.index}")
        for found in self._detections.of(frame.index, frame.source):
            try:
                result = tracker.init(frame.image, box=found.box, timestamp=frame.time)
            except PromptError as error:
                failure = error
                continue
            result = tracker.rename(1, found.name) if found.name else result
            return self.apply(tracker, frame, result)
        raise failure

    def origin(self, object_id: int, method: str) -> str:
        """See `LaterPrompts`."""
        return f"detection ({method})"

    def finish(self) -> None:
        """Say nothing: what a detector found need not be tracked."""

    def note(self, frame: VideoFrame, result: FrameResult) -> None:
        """See `LaterPrompts`."""
        self._boxes |= {item.id: item.box for item in result.objects if item.box is not None}

    def absent(self, index: int, time: float) -> tuple[int, ...]:
        """See `LaterPrompts`; a detector that finds nothing says nothing."""
        return ()

    def apply(self, tracker: Tracker, frame: VideoFrame, result: FrameResult) -> FrameResult:
        """See `LaterPrompts`."""
        self.note(frame, result)
        found = self._detections.of(frame.index, frame.source)
        names = {item.id: item.name for item in result.objects}
        boxes = {number: self._boxes[number] for number in names if number in self._boxes}
        scores = box_ious([item.box for item in found], list(boxes.values()))
        for row, item in enumerate(found):
            for column, number in enumerate(boxes):
                if item.name and names[number] not in ("", item.name):
                    scores[row, column] = 0
        same = associate(scores, least=SAME)
        fresh: list[Box] = []
        for row, item in enumerate(found):
            # Detectors may find one thing twice.
            twice = max([*scores[row], *box_ious([item.box], fresh)[0]], default=0.0)
            if row not in same and twice < SAME:
                result = self._add(tracker, frame, item, result)
                fresh.append(item.box)
        self.note(frame, result)
        return result

    def _add(
        self, tracker: Tracker, frame: VideoFrame, found: Detection, result: FrameResult
    ) -> FrameResult:
        if len(result.objects) >= tracker.config.max_objects:
            if not self._full:
                _LOG.warning(
                    "from frame %d on new objects are left out: give a larger max_objects=...",
                    frame.index,
                )
            self._full = True
            return result
        try:
            result = tracker.add_object(frame.image, box=found.box)
        except PromptError:  # it shows nothing, or would hide another object
            return result
        return tracker.rename(tracker.object_ids[-1], found.name) if found.name else result
