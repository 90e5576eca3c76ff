"""What is done to a tracker in frames after the first one."""

from __future__ import annotations

from typing import Protocol

from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame


class LaterPrompts(Protocol):
    """Starts and corrects objects while a job runs."""

    def has(self, frame: VideoFrame) -> bool:
        """Return whether there is something to be done in a frame."""

    def start(self, tracker: Tracker, frame: VideoFrame) -> FrameResult:
        """Start a stream in a frame that has something, and do all that is to be done there.

        Raises:
            PromptError: What is pointed at there shows no object.
        """

    def note(self, frame: VideoFrame, result: FrameResult) -> None:
        """Note a frame that has its result already."""

    def absent(self, index: int, time: float) -> tuple[int, ...]:
        """Return the ids, in the tracker, of the objects that are known not to be in a frame.

        Args:
            index: Number of the frame in the source.
            time: Its time in seconds.
        """

    def apply(self, tracker: Tracker, frame: VideoFrame, result: FrameResult) -> FrameResult:
        """Do what is to be done in the frame that was tracked last, and return its result.

        Raises:
            PromptError: What is pointed at there shows no object.
        """

    def origin(self, object_id: int, method: str) -> str:
        """Return what the first mask of an object was made from that started here.

        Args:
            object_id: Its id.
            method: What reads boxes and clicks, see `samtracker.prompts.prompts.prompt_method`.
        """

    def finish(self) -> None:
        """Warn of what could not be done, at the end of the source."""
