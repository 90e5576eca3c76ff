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
    seen = 0
    for frame in frames:
        if check is not None and not seen:
            check(frame)
        if begins(frame):
            return frame
        seen += 1
    until = "its end" if selection.end is None else f"{selection.end:g} s"
    besides, others = "", "give another start=... or end=..."
    if selection.skip:
        besides = f" without {', '.join(map(to_text, selection.skip))}"
        others = "give another start=..., end=... or skip=..."
    part = f"from {selection.start:g} s to {until}{besides}"
    if not seen:
        raise VideoError(f"'{source}' has no frame {part}: {others}")
    raise VideoError(
        f"'{source}' has no frame that is pointed at {part} ({seen} frames): point at an earlier "
        f"one, or {others}"
    )
