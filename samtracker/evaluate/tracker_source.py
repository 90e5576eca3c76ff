"""A source of masks that a tracker finds while they are asked for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from samtracker.data.clip import IGNORED, Clip, labeled_frame
from samtracker.errors import DatasetError, FrameError
from samtracker.evaluate.clip import Ids, Run, resize_ids
from samtracker.evaluate.corrections import Corrections
from samtracker.evaluate.simulated_prompts import PromptRule
from samtracker.files import writing
from samtracker.peak_memory import Peak
from samtracker.results.tally import Tally
from samtracker.results.writers import save_ids
from samtracker.tracker import Tracker
from samtracker.types import Frame, FrameResult, mask_box

GIVEN = PromptRule()
"""The true masks are given."""


class TrackerSource:
    """Tracks the objects of a clip from the first labeled frame with them.

    The objects of the first such frame are pointed at by a rule, later ones start from the truth.

    Args:
        make: Makes the tracker, for every clip anew; it can be pickled.
        output: Folder to write the masks to, as `FolderSource` reads them; None writes none.
        on_frame: Called after each frame.
        prompt: How the first objects are pointed at.
        corrections: Made in the frames that they are planned for; None for none.
    """

    def __init__(
        self,
        make: Callable[[], Tracker],
        output: Path | None = None,
        on_frame: Callable[[], None] | None = None,
        prompt: PromptRule = GIVEN,
        corrections: Corrections | None = None,
    ) -> None:
        self._make = make
        self._output = output
        self._on_frame = on_frame
        self._prompt = prompt
        self._corrections = corrections
        self._run: Run | None = None

    def corrected_by(self, corrections: Corrections) -> TrackerSource:
        """Return a source like this one whose clip is corrected."""
        return TrackerSource(self._make, self._output, self._on_frame, self._prompt, corrections)

    def masks(self, clip: Clip) -> Iterator[tuple[int, Ids]]:
        """Yield the ids in all frames from the first labeled one on, at the size of the truth.

        Raises:
            DatasetError: All masks are empty, or a file cannot be read.
            OutputError: A mask cannot be written.
        """
        tally, peak = Tally(), Peak()
        folder = None if self._output is None else self._output / clip.name
        if folder is not None:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
        truth = clip.mask(clip.labeled[0])
        first_iou: dict[int, float] = {}
        tracker = self._make()
        for number, ids in track_clip(
            tracker, clip, tally, self._prompt, first_iou, corrections=self._corrections
        ):
            peak.sample()
            sized = resize_ids(ids, truth)
            if folder is not None:
                save_ids(folder / f"{clip.stem(number)}.png", sized)
            if self._on_frame is not None:
                self._on_frame()
            yield number, sized
        states = sum((Counter(states) for states in tally.states.values()), Counter())
        self._run = Run(
            fps=tally.fps,
            peak_memory_mb=peak.megabytes,
            first_iou=first_iou,
            states={state: count / states.total() for state, count in sorted(states.items())},
        )

    def run(self) -> Run | None:
        """Return how the tracker ran over the last clip; None before the first."""
        return self._run


def track_clip(
    tracker: Tracker,
    clip: Clip,
    tally: Tally,
    prompt: PromptRule = GIVEN,
    first_iou: dict[int, float] | None = None,
    *,
    corrections: Corrections | None = None,
) -> Iterator[tuple[int, Ids]]:
    """Track a clip, each of its objects from the first labeled frame that shows it.

    Args:
        tracker: Tracker whose stream, if there is one, ends.
        clip: Clip that is tracked from its first labeled frame on.
        tally: Counts the frames.
        prompt: How the objects of the first frame are pointed at.
        first_iou: Takes the IoU of the first masks, by the clip's ids; None to go without.
        corrections: Made in the labeled frames that they are planned for; None for none.

    Yields:
        Frame numbers and ids (H, W) at frame size; the ids are those of the clip.

    Raises:
        DatasetError: All masks are empty, or a file cannot be read.
    """
    first = next((number for number in clip.labeled if clip.mask(number).any()), None)
    if first is None:
        raise DatasetError(f"'{clip.name}' cannot be tracked: all its masks are empty")
    names = [0]  # the clip's ids by the tracker's, which count up
    for number in range(clip.labeled[0], first):
        yield number, np.zeros_like(clip.mask(first))
    for number in range(first, len(clip)):
        new: dict[int, NDArray[np.bool_]] = {}
        if number in clip.labeled:
            frame, ids = labeled_frame(clip, number)
            new = {int(i): ids == i for i in np.unique(ids) if i not in (*names, IGNORED)}
        else:
            frame = clip.frame(number)
        seconds = None
        if number == first:
            masks = dict(enumerate(new.values(), start=1))
            ious = prompt.start(tracker, frame, masks, ids == IGNORED)
            if first_iou is not None:
                first_iou.update(zip(new, ious.values(), strict=True))
            assert tracker.result is not None, "it was started"
            result = tracker.result
        else:
            begin = time.perf_counter()
            result = _step(tracker, frame, f"frame '{clip.stem(number)}' of '{clip.name}'")
            seconds = time.perf_counter() - begin
            for mask in new.values():
                result = _add(tracker, frame, mask, result)
        names += new
        tally.add(result, seconds)
        if corrections is not None and number in corrections.frames:
            truth = {object_id: ids == names[object_id] for object_id in tracker.object_ids}
            result = corrections.apply(tracker, frame, number, truth)
        yield number, np.array(names, np.uint16)[result.id_map]


def _step(tracker: Tracker, frame: Frame, name: str) -> FrameResult:
    try:
        return tracker.step(frame)
    except FrameError as error:
        height, width = frame.shape[:2]
        raise DatasetError(
            f"{name} has {width}x{height} pixels, unlike the first one: give frames of one size"
        ) from error


def _add(
    tracker: Tracker, frame: Frame, mask: NDArray[np.bool_], result: FrameResult
) -> FrameResult:
    """Track one more object, and no longer those that lie within it, which were taken for it."""
    for item in result.objects:
        if item.box is not None and mask_box(item.mask & ~mask) is None:
            tracker.remove_object(item.id)
    return tracker.add_object(frame, mask=mask)
