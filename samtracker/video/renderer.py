"""How the pictures of a sequence become frames: 8 bits a channel, opaque, all of them alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from samtracker.types import Frame
from samtracker.video.sample_range import SampleRange, Samples

BACKGROUND: Final = 128
"""Gray behind transparent pictures: what is dark stands out from it, and what is light."""


class Renderer:
    """Turns the pictures of a sequence into frames.

    16-bit samples that use the highest bit, and real numbers from 0 to 1 that pass 0.5, are taken
    as they are. Any others of more than 8 bits are shown from the least, black, to the greatest,
    white, of the whole sequence. Transparent pictures are laid over a gray ground.

    Args:
        measure: Measures the pictures of the sequence; called once there is a deep one.
    """

    def __init__(self, measure: Callable[[], Iterable[SampleRange]]) -> None:
        self._measure = measure
        self._ranges: dict[np.dtype[Any], SampleRange] = {}
        self._transparent = False

    def frame(self, samples: Samples) -> Frame:
        """Turn a picture into a frame, RGB uint8 (H, W, 3), contiguous."""
        shown = self._shown(samples)
        if shown.shape[2] == 4 and shown[..., 3].min() < 255:
            self._transparent = True
            return _flattened(shown)
        rgb = np.broadcast_to(shown[..., :3], (*shown.shape[:2], 3))
        return np.array(rgb, order="C")

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be chosen until now, in words."""
        ranges = [
            f"{found.dtype} pictures are shown from {found.least:g} (black) to "
            f"{found.greatest:g} (white), the range of them all"
            for found in self._ranges.values()
            if not found.is_usual
        ]
        ground = ["transparent pictures are shown over gray"] if self._transparent else []
        return (*ranges, *ground)

    def _shown(self, samples: Samples) -> NDArray[np.uint8]:
        if samples.dtype == np.uint8:
            return samples
        if samples.dtype not in self._ranges:
            self._ranges[samples.dtype] = self._range_like(samples)
        return self._ranges[samples.dtype].to_uint8(samples)

    def _range_like(self, samples: Samples) -> SampleRange:
        """Measure the pictures of one type, as far as it matters."""
        found = SampleRange.of(samples)
        if not found.is_settled:
            for other in self._measure():
                if other.dtype == samples.dtype:
                    found |= other
                if found.is_settled:
                    break
        return found


def _flattened(rgba: NDArray[np.uint8]) -> Frame:
    alpha = rgba[..., 3:].astype(np.uint16)
    mixed = rgba[..., :3] * alpha + BACKGROUND * (255 - alpha)
    return ((mixed + 127) // 255).astype(np.uint8)
