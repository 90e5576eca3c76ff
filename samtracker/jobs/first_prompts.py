"""What a user points at in the first frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samtracker.errors import PromptError
from samtracker.prompts.mask_formats import read_mask
from samtracker.prompts.prompts import Points, prompt_method
from samtracker.tracker import Tracker
from samtracker.types import Box, FrameResult, Mask, Size
from samtracker.video.read import VideoFrame


@dataclass(frozen=True, kw_only=True)
class FirstPrompts:
    """What the user points at in the first frame: a mask picture, boxes and clicks together.

    Attributes:
        mask: Picture with any number of objects, see `samtracker.prompts.mask_formats`.
        boxes: Box x1, y1, x2, y2 around each object, in pixels; x2 and y2 are exclusive.
        points: Clicks on each object, see `Tracker.init`.
        candidate: Which of the masks that a box or clicks may mean, from 1, see
            `Tracker.candidates`.

    Raises:
        PromptError: There is nothing at all, or no candidate with this number.
    """

    mask: Path | None = None
    boxes: tuple[Box, ...] = ()
    points: tuple[Points, ...] = ()
    candidate: int = 1

    def __post_init__(self) -> None:
        if self.mask is None and not self.boxes and not self.points:
            raise PromptError("nothing to track: give mask=..., boxes=... or points=...")
        if self.candidate < 1:
            raise PromptError(f"candidate={self.candidate} does not exist: the first one is 1")
        if self.candidate > 1 and not self.boxes and not self.points:
            raise PromptError(
                f"candidate={self.candidate} is of a box or clicks: give boxes=... or points=..."
            )

    def read_masks(self, size: Size) -> dict[int, Mask]:
        """Read the objects of the mask picture.

        Args:
            size: (H, W) of the frames.

        Returns:
            Masks of that size by object id; none without a picture.

        Raises:
            PromptError: The picture cannot be read, is empty, or does not fit the frames.
        """
        return {} if self.mask is None else read_mask(self.mask, size)

    def start(
        self, tracker: Tracker, frame: VideoFrame, masks: dict[int, Mask]
    ) -> tuple[FrameResult, dict[int, str]]:
        """Start a stream in a frame.

        Args:
            tracker: Tracker to start; any stream in it ends.
            frame: The first frame.
            masks: What `read_masks` returned.

        Returns:
            The first result, and by object id what its mask was made from.

        Raises:
            PromptError: A mask, box or click shows no object, or has no such candidate.
        """
        method = prompt_method(tracker.runtime)
        prompts: list[tuple[str, dict[str, Any]]] = [("mask", {"mask": masks})] if masks else []
        prompts += [(f"box ({method})", {"box": box}) for box in self.boxes]
        prompts += [(f"points ({method})", {"points": points}) for points in self.points]
        chosen = [(name, self._chosen(tracker, frame, prompt)) for name, prompt in prompts]
        (name, first), *others = chosen
        result = tracker.init(frame.image, timestamp=frame.time, **first)
        origins = dict.fromkeys(tracker.object_ids, name)
        for name, prompt in others:
            result = tracker.add_object(frame.image, **prompt)
            origins[tracker.object_ids[-1]] = name
        return result, origins

    def _chosen(
        self, tracker: Tracker, frame: VideoFrame, prompt: dict[str, Any]
    ) -> dict[str, Any]:
        """Return a prompt, or the candidate of it that is wanted if that is not the first one."""
        if self.candidate == 1 or "mask" in prompt:
            return prompt
        found = tracker.candidates(frame.image, **prompt)
        if self.candidate > len(found):
            ((name, value),) = prompt.items()
            raise PromptError(
                f"candidate={self.candidate} does not exist: the candidates of {name} {value} "
                f"end at {len(found)}, give that or less"
            )
        return {"mask": found[self.candidate - 1].mask}
