"""Writing frames while those after them are tracked."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from functools import partial
from typing import Final, Self

from samtracker.jobs.worker import Worker
from samtracker.results.sinks import Sinks
from samtracker.results.tally import Tally
from samtracker.types import FrameResult
from samtracker.video.read import VideoFrame

BEHIND: Final = 2
"""Largest number of frames that wait to be written, or are being written."""


class WriteBehind:
    """Writes frames by a thread of its own, in order, and counts those that are written.

    Nothing is written after a frame that could not be. The end of a `with` block waits until all
    frames are written, whatever ended it; what kept a frame from being written is raised there
    at the latest, for it comes before whatever ended the block.

    Args:
        sinks: Files for every frame; the caller finishes them, after the `with` block.
        tally: Counts the frames.
    """

    def __init__(self, sinks: Sinks, tally: Tally) -> None:
        self._sinks = sinks
        self._tally = tally
        self._worker = Worker("write behind")
        self._waiting: deque[Future[None]] = deque()
        self._failure: Exception | None = None
        self._abandoned = False

    def write(self, frame: VideoFrame, result: FrameResult, seconds: float | None) -> None:
        """Have a frame written and counted; wait while there are too many.

        Args:
            frame: The frame.
            result: What was found in it.
            seconds: See `Tally.add`.

        Raises:
            SamTrackerError: A frame before could not be written.
        """
        while len(self._waiting) >= BEHIND:
            self._waiting[0].result()
            self._waiting.popleft()
        if self._failure is not None:
            raise self._failure
        self._waiting.append(self._worker.submit(partial(self._write, frame, result, seconds)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.close(abandon=self._abandon)
        if self._failure is not None:
            raise self._failure

    def _abandon(self) -> None:
        self._abandoned = True

    def _write(self, frame: VideoFrame, result: FrameResult, seconds: float | None) -> None:
        if self._failure is not None or self._abandoned:
            return
        try:
            self._sinks.write(frame, result)
        except Exception as error:  # raised in the caller's thread
            self._failure = error
        else:
            self._tally.add(result, seconds)
