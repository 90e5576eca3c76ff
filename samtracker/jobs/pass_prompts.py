"""What a pass over a source is told of the objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame


class PassPrompts(Protocol):
    """Starts and corrects objects while a pass goes on.

    Attributes:
        prompted: Ids, in the results, of the objects started or corrected in the last frame.
    """

    prompted: frozenset[int]

    def pass_over(self, index: int, time: float) -> None:
        """Take what holds in a frame, by its number and time, as done."""

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

    def to_results(self, result: FrameResult) -> FrameResult:
        """Return a result of the tracker with the ids that objects have in the results."""


class NoMorePrompts:
    """The prompts of a pass in whose first frame all objects were started. See `PassPrompts`.

    Args:
        started: Their ids; none in a pass that goes on.
    """

    def __init__(self, started: Iterable[int] = ()) -> None:
        self.prompted = frozenset(started)

    def pass_over(self, index: int, time: float) -> None:
        """See `PassPrompts`."""

    def absent(self, index: int, time: float) -> tuple[int, ...]:
        """See `PassPrompts`."""
        return ()

    def apply(self, tracker: Tracker, frame: VideoFrame, result: FrameResult) -> FrameResult:
        """See `PassPrompts`."""
        del tracker, frame
        self.prompted = frozenset()
        return result

    def to_results(self, result: FrameResult) -> FrameResult:
        """See `PassPrompts`."""
        return result
