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

    Raises:
        PromptError: There is nothing at all.
    """

    mask: Path | None = None
    boxes: tuple[Box, ...] = ()
    points: tuple[Points, ...] = ()

    def __post_init__(self) -> None:
        if self.mask is None and not self.boxes and not self.points:
            raise PromptError("nothing to track: give mask=..., boxes=... or points=...")

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
            PromptError: A mask, box or click shows no object.
        """
        method = prompt_method(tracker.runtime)
        prompts: list[tuple[str, dict[str, Any]]] = [("mask", {"mask": masks})] if masks else []
        prompts += [(f"box ({method})", {"box": box}) for box in self.boxes]
        prompts += [(f"points ({method})", {"points": points}) for points in self.points]
        (name, first), *others = prompts
        result = tracker.init(frame.image, timestamp=frame.time, **first)
        origins = dict.fromkeys(tracker.object_ids, name)
        for name, prompt in others:
            result = tracker.add_object(frame.image, **prompt)
            origins[tracker.object_ids[-1]] = name
        return result, origins
