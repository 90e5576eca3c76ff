"""Which samples of deep pictures are shown as black and as white."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]
"""A picture as it is stored: (H, W, 1) gray, (H, W, 3) RGB or (H, W, 4) RGBA, of any type."""


@dataclass(frozen=True, kw_only=True)
class SampleRange:
    """The least and the greatest sample of pictures, alpha left aside.

    Attributes:
        dtype: Type of the samples.
        least: The least one.
        greatest: The greatest one.
    """

    dtype: np.dtype[Any]
    least: float
    greatest: float

    @classmethod
    def of(cls, samples: Samples, declared: tuple[float, float] | None = None) -> SampleRange:
        """Measure a picture.

        Args:
            samples: See `Samples`.
            declared: The least and greatest sample that its file admits; None where it says
                nothing.
        """
        colors = samples[..., :3]
        finite = colors[np.isfinite(colors)] if colors.dtype.kind == "f" else colors
        found = [value.item() for value in (finite.min(), finite.max())] if finite.size else []
        found += declared or ()
        return cls(dtype=samples.dtype, least=min(found, default=0), greatest=max(found, default=0))

    def __or__(self, other: SampleRange) -> SampleRange:
        """Return what holds both."""
        return SampleRange(
            dtype=self.dtype,
            least=min(self.least, other.least),
            greatest=max(self.greatest, other.greatest),
        )

    @property
    def is_settled(self) -> bool:
        """Whether more pictures cannot change how these are shown: they use the highest bit."""
        return self.dtype.kind == "u" and self.greatest > np.iinfo(self.dtype).max // 2

    @property
    def is_usual(self) -> bool:
        """Whether the samples fill what their type stands for: all of its bits, or 0 to 1."""
        if self.dtype.kind == "f":
            return self.least >= 0 and 0.5 < self.greatest <= 1
        return self.is_settled or self.least == self.greatest

    def to_uint8(self, samples: Samples) -> NDArray[np.uint8]:
        """Scale samples, and alpha by what its type stands for, to uint8 of the same shape."""
        if self.is_usual:
            return _scaled(samples, *_usual(self.dtype))
        colors = _scaled(samples[..., :3], self.least, self.greatest)
        return np.dstack([colors, _scaled(samples[..., 3:], *_usual(self.dtype))])


def _usual(dtype: np.dtype[Any]) -> tuple[float, float]:
    """Return what is black and white in a type of samples, if nothing else is known."""
    return (0.0, 1.0) if dtype.kind == "f" else (0, np.iinfo(dtype).max)


def _scaled(samples: Samples, black: float, white: float) -> NDArray[np.uint8]:
    if samples.dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            shares = (samples.astype(np.float64) - black) / (white - black or 1.0)
        rounded: NDArray[np.uint8] = np.rint(np.nan_to_num(shares).clip(0, 1) * 255).astype("u1")
        return rounded
    bits = 8 * samples.dtype.itemsize
    if samples.dtype.kind == "u" and (black, white) == (0, 2**bits - 1):
        upper: NDArray[np.uint8] = (samples >> (bits - 8)).astype(np.uint8)
        return upper
    # As with the upper 8 bits, every gray stands for as many values as any other.
    steps = (samples.astype(np.float64) - black) * 256 / (white - black + 1)
    return steps.clip(0, 255).astype(np.uint8)
