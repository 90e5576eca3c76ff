"""What a user points at in the first frame."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from samtracker.config import MASK_KINDS
from samtracker.errors import ConfigError, PromptError
from samtracker.files import file_sha256
from samtracker.jobs.arrivals import Arrivals
from samtracker.jobs.later_prompts import LaterPrompts
from samtracker.jobs.progress import OnObject
from samtracker.jobs.prompt_schedule import PromptSchedule
from samtracker.prompts.detections import Detections
from samtracker.prompts.first_objects import FirstObjects
from samtracker.prompts.mask_file import read_mask
from samtracker.prompts.prompts import Points, prompt_method
from samtracker.prompts.prompts_file import PromptsFile
from samtracker.tracker import Tracker
from samtracker.types import Box, FrameResult, Size
from samtracker.video.read import VideoFrame


@dataclass(frozen=True, kw_only=True)
class FirstPrompts:
    """What the user points at in the first frame: a mask file, boxes and clicks together.

    Attributes:
        mask: Picture with any number of objects, see `samtracker.prompts.mask_formats`, or a file
            of labelme, COCO or YOLO, see `samtracker.prompts.annotation_files`.
        boxes: Box x1, y1, x2, y2 around each object, in pixels; x2 and y2 are exclusive.
        points: Clicks on each object, see `Tracker.init`.
        mask_kind: How a mask picture is read, of `samtracker.config.MASK_KINDS`: "auto" decides by
            the picture, "ids" takes its values, "binary" one object, "colors" every color as one.
        candidate: Which of the masks that a box or clicks may mean, from 1, see
            `Tracker.candidates`.
        detections: File with boxes that a detector found in any frames, see
            `samtracker.prompts.detections`: what none of the objects is starts one, then.
        prompts_file: File with prompts on objects in any frames, see
            `samtracker.prompts.prompts_file`; it stands alone.
        at: Where mask, boxes and points hold: a frame's number in the source as an int, or seconds
            as a float; None for the first frame. Frames before are left out.

    Raises:
        PromptError: There is nothing at all, `mask` is no path, or there is no candidate with this
            number.
        ConfigError: There is no such `mask_kind`.
    """

    mask: Path | None = None
    boxes: tuple[Box, ...] = ()
    points: tuple[Points, ...] = ()
    mask_kind: str = "auto"
    candidate: int = 1
    detections: Path | None = None
    prompts_file: Path | None = None
    at: float | None = None

    def __post_init__(self) -> None:
        others = self.in_first_frame or self.detections is not None or self.at is not None
        if self.prompts_file is not None and others:
            raise PromptError(f"prompts '{self.prompts_file}' stands alone: leave all else out")
        if not self.in_first_frame and self.detections is None and self.prompts_file is None:
            raise PromptError("nothing to track: give mask=..., boxes=... or points=...")
        if not isinstance(self.mask, str | PathLike | None):
            raise PromptError(f"mask={self.mask!r} is no path: give that of a file")
        if self.at is not None and not self.in_first_frame:
            raise PromptError(f"at={self.at} is of mask=..., boxes=... or points=...: give any")
        if self.mask_kind not in MASK_KINDS:
            raise ConfigError(
                f"mask_kind={self.mask_kind!r} does not exist: use {', '.join(MASK_KINDS)}"
            )
        if self.candidate < 1:
            raise PromptError(f"candidate={self.candidate} does not exist: the first one is 1")
        if self.candidate > 1 and not self.boxes and not self.points:
            raise PromptError(
                f"candidate={self.candidate} is of a box or clicks: give boxes=... or points=..."
            )

    @property
    def in_first_frame(self) -> bool:
        """Whether there is anything but detections."""
        return self.mask is not None or bool(self.boxes) or bool(self.points)

    @property
    def files(self) -> tuple[Path | None, ...]:
        """What is read."""
        return self.mask, self.detections, self.prompts_file

    def digest(self) -> str | None:
        """Return a checksum of what the file of detections or prompts says; None without one.

        Raises:
            PromptError: It cannot be read.
        """
        if self.prompts_file is not None:
            return PromptsFile.read(Path(self.prompts_file)).digest()
        return None if self.detections is None else file_sha256(Path(self.detections))

    def read_later(self) -> LaterPrompts | None:
        """Read the file of detections or prompts.

        Returns:
            What starts and corrects the objects in it; None without a file.

        Raises:
            PromptError: The file cannot be read, or has nothing.
        """
        if self.prompts_file is not None:
            return PromptSchedule(PromptsFile.read(Path(self.prompts_file)))
        return None if self.detections is None else Arrivals(Detections.read(Path(self.detections)))

    def begin_in(self, frame: VideoFrame, later: LaterPrompts | None) -> bool:
        """Return whether a frame is the first one to be tracked; `later` is of `read_later`."""
        if not self.in_first_frame:
            return later is None or later.has(frame)
        return self.is_reached(frame.index, frame.time)

    def is_reached(self, index: int, time: float) -> bool:
        """Return whether a frame, by its number and time in the source, is not before `at`."""
        return self.at is None or (index if isinstance(self.at, int) else time) >= self.at

    def read_objects(self, size: Size, frame: str) -> FirstObjects | None:
        """Read the objects of the mask file.

        Args:
            size: (H, W) of the frames.
            frame: Name of the first frame's file, or of the source that it comes from.

        Returns:
            The objects at that size; None without a file.

        Raises:
            PromptError: The file cannot be read, is empty, or does not fit the frames.
        """
        if self.mask is None:
            return None
        return read_mask(Path(self.mask), size, kind=self.mask_kind, frame=frame)

    def start(
        self,
        tracker: Tracker,
        frame: VideoFrame,
        objects: FirstObjects | None,
        on_object: OnObject | None = None,
        later: LaterPrompts | None = None,
    ) -> tuple[FrameResult, dict[int, str]]:
        """Start a stream in a frame.

        Args:
            tracker: Tracker to start; any stream in it ends.
            frame: The first frame.
            objects: What `read_objects` returned.
            on_object: See `Tracker.init`.
            later: What `read_later` returned.

        Returns:
            The first result, and by object id what its mask was made from.

        Raises:
            PromptError: A mask, box or click shows no object or has no such candidate, or there
                are too many objects.
        """
        method = prompt_method(tracker.runtime)
        if not self.in_first_frame:
            assert later is not None, "there is something to track"
            result = later.start(tracker, frame)
            return result, {item.id: later.origin(item.id, method) for item in result.objects}
        prompts: list[tuple[str, dict[str, Any]]] = []
        if objects is not None:
            masks = objects.masks(tracker.config.max_objects)
            prompts.append(("mask", {"mask": masks}))
        prompts += [(f"box ({method})", {"box": box}) for box in self.boxes]
        prompts += [(f"points ({method})", {"points": points}) for points in self.points]
        chosen = [(name, self.chosen(tracker, frame, prompt)) for name, prompt in prompts]
        (name, first), *others = chosen
        result = tracker.init(frame.image, timestamp=frame.time, on_object=on_object, **first)
        origins = dict.fromkeys(tracker.object_ids, name)
        for number, called in objects.names.items() if objects is not None else ():
            result = tracker.rename(number, called)
        for name, prompt in others:
            result = tracker.add_object(frame.image, **prompt)
            origins[tracker.object_ids[-1]] = name
        if later is not None:
            result = later.apply(tracker, frame, result)
            fresh = [item.id for item in result.objects if item.id not in origins]
            origins |= {number: later.origin(number, method) for number in fresh}
        return result, origins

    def chosen(self, tracker: Tracker, frame: VideoFrame, prompt: dict[str, Any]) -> dict[str, Any]:
        """Return a prompt, or the candidate of it that is wanted if that is not the first one.

        Args:
            tracker: Finds the candidates.
            frame: The frame of the prompt.
            prompt: Arguments of `Tracker.init`.

        Raises:
            PromptError: There are fewer candidates.
        """
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
