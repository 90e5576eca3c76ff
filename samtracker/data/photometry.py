"""Changes of light and color."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Frame


@dataclass(frozen=True, kw_only=True)
class Light:
    """The exposure and color balance of a picture.

    Attributes:
        gains: Factors of red, green and blue.
        gamma: Exponent of the values from 0 to 1.
        saturation: 0 is gray, 1 changes nothing.
    """

    gains: tuple[float, float, float] = (1.0, 1.0, 1.0)
    gamma: float = 1.0
    saturation: float = 1.0

    @classmethod
    def draw(cls, rng: np.random.Generator, *, strength: float) -> Self:
        """Draw a random light; `strength` is the typical share by which values change."""
        gain = np.exp(rng.uniform(-strength, strength) + rng.uniform(-0.3, 0.3, 3) * strength)
        return cls(
            gains=(float(gain[0]), float(gain[1]), float(gain[2])),
            gamma=float(np.exp(rng.uniform(-strength, strength))),
            saturation=float(np.exp(rng.uniform(-2 * strength, strength))),
        )

    def towards(self, other: Light, share: float) -> Light:
        """Return the light between this one (share 0) and another (share 1)."""

        def between(a: float, b: float) -> float:
            return (1 - share) * a + share * b

        red, green, blue = (between(a, b) for a, b in zip(self.gains, other.gains, strict=True))
        return Light(
            gains=(red, green, blue),
            gamma=between(self.gamma, other.gamma),
            saturation=between(self.saturation, other.saturation),
        )

    def on(self, frame: Frame) -> Frame:
        """Return the frame in this light, RGB uint8 (H, W, 3)."""
        values = np.linspace(0, 1, 256) ** self.gamma
        table = (255 * np.outer(values, self.gains)).clip(0, 255).astype(np.uint8)[None]
        lit = cv2.LUT(frame, table)
        gray = np.full((3, 3), (1 - self.saturation) / 3) + self.saturation * np.eye(3)
        mixed: NDArray[np.uint8] = np.asarray(cv2.transform(lit, gray), np.uint8)
        return mixed
