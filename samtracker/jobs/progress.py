"""How far a job is, for whoever watches it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame, VideoReader
from samtracker.video.selection import Selection


@dataclass(frozen=True, kw_only=True)
class JobStart:
    """What is known of a job before anything is written.

    Attributes:
        result: The masks that tracking goes on from: those of the first frame, or of the last one
            before the job was interrupted.
        origins: What the first masks were made from, by object id.
        restored: Number of frames that an interrupted job had tracked, which only have to be
            written again; 0 for a new job.
        total: Number of frames there will be, as the source announces it; None for a live source.
    """

    result: FrameResult
    origins: dict[int, str]
    restored: int
    total: int | None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A frame of a job, once it is tracked and noted; it is in the files a moment later.

    Attributes:
        frame: The frame; it must not be changed, for it may still be written.
        result: What was found in it.
        total: See `JobStart`; of the stage, where there are several.
        stage: What is being done: "forward", "backward" or "writing" in a job of several passes;
            empty for a job that does all at once.
    """

    frame: VideoFrame
    result: FrameResult
    total: int | None
    stage: str = ""

    @property
    def done(self) -> int:
        """Number of frames that are done in this stage, this one included."""
        return self.result.index + 1


OnStart = Callable[[JobStart], object]
"""Called once, before anything is written."""

OnObject = Callable[[int, int], object]
"""Called when one more object of the first mask is ready, with how many are and will be."""

OnFrame = Callable[[Progress], object]
"""Called after every frame; stops the job where it returns False."""


def expected_frames(reader: VideoReader, selection: Selection) -> int | None:
    """Return how many frames there will be; None for a live source.

    Args:
        reader: Reader of the source.
        selection: What is asked for.
    """
    frames, fps = reader.info.frames, reader.info.fps
    return None if frames is None or fps is None else selection.count(frames, fps)
