"""Frames of a video that a process of its own decodes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Self

from samtracker.serve.child import Child, Parent
from samtracker.video.read import VideoFrame, VideoInfo, read_frames


class GuardedReader(Iterator[VideoFrame]):
    """Iterator over the frames of a file, as `VideoReader`; a bad file harms another process only.

    Args:
        path: The file.
        name: What the user calls it.
        start: Seconds; frames before are left out.
        end: Seconds; where they are given the frames before come from the last to the first.
        limits: See `Child`.

    Attributes:
        info: See `VideoInfo`.

    Raises:
        SamTrackerError: See `read_frames`; or the file takes too much memory or time. The same
            while iterating, and where the file is cut off.
    """

    def __init__(
        self,
        path: Path,
        name: str,
        start: float = 0.0,
        *,
        end: float | None = None,
        **limits: Any,
    ) -> None:
        self._child = Child(_send_frames, path, start, end, path=path, name=name, **limits)
        try:
            info = self._child.receive()
        except BaseException:
            self.close()
            raise
        self.info = VideoInfo(
            **info
            | {
                "size": tuple(info["size"]),
                "sample_aspect_ratio": Fraction(info["sample_aspect_ratio"]),
            }
        )

    def __next__(self) -> VideoFrame:
        try:
            place, image = self._child.receive_picture()
            if image is None:
                raise StopIteration
        except BaseException:
            self.close()
            raise
        return VideoFrame(image=image, **place)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process; there are no more frames afterwards."""
        self._child.close()


def _send_frames(parent: Parent, path: Path, start: float, end: float | None) -> None:
    with read_frames(path, start=start, end=end, backward=end is not None) as frames:
        info = frames.info
        parent.send(**vars(info) | {"sample_aspect_ratio": str(info.sample_aspect_ratio)})
        for frame in frames:
            parent.send_picture(frame.image, index=frame.index, time=frame.time)
        frames.check_complete()
