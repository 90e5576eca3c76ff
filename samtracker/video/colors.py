"""From the colors that a video declares to RGB as a screen shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter

from samtracker.types import Frame
from samtracker.video.hdr import HDR, tone_map

if TYPE_CHECKING:
    from av.video.frame import VideoFrame as Picture

HD_HEIGHT = 720
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED


class RgbConverter:
    """Converts pictures to RGB by the matrix and range of each, and HDR to SDR."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def __call__(self, picture: Picture) -> Frame:
        """Return RGB uint8 (H, W, 3), as the picture is stored, not turned.

        Raises:
            FFmpegError: Its colors are of a kind that cannot be converted.
        """
        hdr = picture.color_trc in HDR
        rgb = self._reformatter.reformat(
            picture,
            format="rgb48le" if hdr else "rgb24",
            src_colorspace=_untagged_matrix(picture, hdr=hdr),
        ).to_ndarray()
        if hdr:
            return tone_map(
                rgb.astype(np.uint16, copy=False), picture.color_trc, picture.color_primaries
            )
        image: Frame = rgb.astype(np.uint8, copy=False)
        return image


def _untagged_matrix(picture: Picture, *, hdr: bool) -> Colorspace | None:
    """Return the matrix that players assume where there is no tag; None for FFmpeg's choice."""
    if picture.colorspace != UNSPECIFIED:
        return None
    if hdr:
        return Colorspace.BT2020
    # FFmpeg would take BT.601 for HD as well.
    return Colorspace.ITU709 if picture.height >= HD_HEIGHT else None
