"""Reading and writing video and stills, and the newest frame of a live source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from samtracker.video.read import VideoFrame, VideoInfo, VideoReader, read_frames

__all__ = ["VideoFrame", "VideoInfo", "VideoReader", "read_frames"]


def __getattr__(name: str) -> Any:
    """Import what reads with libav only when it is asked for; stills do without."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import samtracker.opencv.required  # noqa: F401
    from samtracker.video import read

    return getattr(read, name)
