"""Frames in the 256 colors of a GIF, a palette of its own for each."""

from __future__ import annotations

from fractions import Fraction

import av
import av.filter

from samtracker.types import Size


class PaletteFilter:
    """Finds the colors of each frame and paints it with them, by FFmpeg's filters.

    Args:
        size: (H, W) of the frames.
    """

    def __init__(self, size: Size) -> None:
        height, width = size
        self._graph = av.filter.Graph()
        source = self._graph.add_buffer(
            width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1)
        )
        split = self._graph.add("split")
        colors = self._graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
        paint = self._graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=3")
        sink = self._graph.add("buffersink")
        source.link_to(split)
        split.link_to(colors, 0, 0)
        split.link_to(paint, 1, 0)
        colors.link_to(paint, 0, 1)
        paint.link_to(sink)
        self._graph.configure()
        self._count = 0

    def apply(self, frame: av.VideoFrame) -> av.VideoFrame:
        """Return an RGB frame as one with a palette; what was put in before is out by then."""
        frame.pts = self._count
        self._count += 1
        self._graph.push(frame)
        painted = self._graph.pull()
        assert isinstance(painted, av.VideoFrame)
        return painted
