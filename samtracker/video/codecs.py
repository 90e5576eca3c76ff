"""Which codecs the FFmpeg in use has."""

from __future__ import annotations

from typing import Literal

import av


def has_codec(name: str, mode: Literal["r", "w"]) -> bool:
    """Return whether FFmpeg has a codec.

    Args:
        name: Name of the codec, as FFmpeg calls it.
        mode: "r" for a decoder, "w" for an encoder.
    """
    try:
        av.Codec(name, mode)
    except av.FFmpegError:
        return False
    return True
