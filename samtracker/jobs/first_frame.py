"""The first frame in which anything is pointed at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from samtracker.errors import VideoError
from samtracker.video.read import VideoFrame


def first_frame(
    frames: Iterator[VideoFrame],
    begins: Callable[[VideoFrame], bool],
    *,
    check: Callable[[VideoFrame], object] | None = None,
    source: str | Path | int,
    start: float,
    end: float | None,
) -> VideoFrame:
    """Read on to the first frame in which anything is pointed at.

    Args:
        frames: Frames of the source.
        begins: Returns whether something is pointed at in a frame.
        check: Called with the first of them, so that what does not fit is known at once.
        source: The source as the user named it.
        start: See `TrackJob`.
        end: See `TrackJob`.

    Raises:
        VideoError: There is none.
    """
    seen = False
    for frame in frames:
        if check is not None and not seen:
            check(frame)
        if begins(frame):
            return frame
        seen = True
    until = "its end" if end is None else f"{end:g} s"
    what = "frame that is pointed at" if seen else "frame"
    raise VideoError(
        f"'{source}' has no {what} from {start:g} s to {until}: give another start=... or end=..."
    )
