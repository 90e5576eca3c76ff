"""The first frame in which anything is pointed at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from samtracker.errors import VideoError
from samtracker.video.read import VideoFrame
from samtracker.video.selection import Selection, to_text


def first_frame(
    frames: Iterator[VideoFrame],
    begins: Callable[[VideoFrame], bool],
    *,
    check: Callable[[VideoFrame], object] | None = None,
    source: str | Path | int,
    selection: Selection,
) -> VideoFrame:
    """Read on to the first frame in which anything is pointed at.

    Args:
        frames: Frames of the source.
        begins: Returns whether something is pointed at in a frame.
        check: Called with the first of them, so that what does not fit is known at once.
        source: The source as the user named it.
        selection: Which frames these are.

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
    until = "its end" if selection.end is None else f"{selection.end:g} s"
    what = "frame that is pointed at" if seen else "frame"
    besides, others = "", "start=... or end=..."
    if selection.skip:
        besides = f" without {', '.join(map(to_text, selection.skip))}"
        others = "start=..., end=... or skip=..."
    raise VideoError(
        f"'{source}' has no {what} from {selection.start:g} s to {until}{besides}: give another "
        f"{others}"
    )
