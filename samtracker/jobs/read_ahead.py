"""Reading frames while those before them are tracked."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Final, Self

from samtracker.jobs.worker import Worker
from samtracker.video.read import ReadState, VideoFrame, VideoReader

AHEAD: Final = 2
"""Largest number of frames that are read before they are asked for."""

_Read = tuple[VideoFrame | None, Exception | None, ReadState]


class ReadAhead(Iterator[VideoFrame]):
    """The frames of a source, of a video file read by a thread of its own, a few frames ahead.

    They come as from the reader itself: an error comes after the frames before it, and `state`
    knows nothing of frames that have not been taken. Any other source is read when its frames are
    asked for: cameras, URLs and pipes may let a thread wait for ever, and what decodes pictures
    silences standard error for the whole process.

    The end of a `with` block ends the thread; the reader stays open.

    Args:
        reader: The source; nobody else may take frames of it once the first is taken from here.
    """

    def __init__(self, reader: VideoReader) -> None:
        self._reader = reader
        self._ahead = AHEAD if reader.path is not None else 0
        self._worker = Worker("read ahead")
        self._reads: deque[Future[_Read]] = deque()
        self._state: ReadState | None = None

    @property
    def state(self) -> ReadState:
        """What was found up to the last frame taken, or at the end."""
        return self._reader.state if self._state is None else self._state

    def __next__(self) -> VideoFrame:
        if self._ahead:
            while len(self._reads) <= self._ahead:
                self._reads.append(self._worker.submit(self._read))
            frame, error, self._state = self._reads.popleft().result()
        else:
            frame, error, self._state = self._read()
        if error is not None:
            raise error
        if frame is None:
            raise StopIteration
        return frame

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._abandon()
        self._worker.close(abandon=self._abandon)

    def _abandon(self) -> None:
        for read in self._reads:
            read.cancel()

    def _read(self) -> _Read:
        try:
            return next(self._reader, None), None, self._reader.state
        except Exception as error:  # raised when it is its turn
            return None, error, self._reader.state
