"""Finding where one scene is cut to another, frame by frame."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Frame

SIZE: Final = (64, 36)
"""Width and height at which frames are compared."""

LEAST_MOVED: Final = 0.3
"""What the middle of a frame and its best place in the next one lack of being alike, 0 to 2."""

LEAST_RECOLORED: Final = 0.4
"""Share of the pixels whose colors the other frame does not have."""

BINS: Final = 6
"""Of each channel; hues would say much of frames that are nearly black."""

SAMPLES: Final = 4
"""Pixels that are taken for one at that size, along each side: all of a large frame cost time."""


class CutDetector:
    """Compares each frame with the one before, in either direction.

    A cut changes both what is seen and its colors. The first is told by the middle of the earlier
    frame, which is looked for in the later one: where the camera pans it is found elsewhere, and
    where the light changes it looks alike, for its correlation is taken. The second is told by
    histograms, which motion changes little.
    """

    def __init__(self) -> None:
        self._gray: NDArray[np.float32] | None = None
        self._colors: NDArray[np.float32] | None = None

    def is_cut(self, image: Frame) -> bool:
        """Return whether a frame is of another scene than the one before; False for the first.

        Args:
            image: RGB uint8 (H, W, 3).
        """
        every = max(1, min(image.shape[0] // SIZE[1], image.shape[1] // SIZE[0]) // SAMPLES)
        small = cv2.resize(image[::every, ::every], SIZE, interpolation=cv2.INTER_AREA)
        gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
        colors = _histogram(small.astype(np.uint8))
        before, colors_before = self._gray, self._colors
        self._gray, self._colors = gray, colors
        if before is None or colors_before is None:
            return False
        recolored = 1 - float(np.minimum(colors_before, colors).sum())
        return recolored >= LEAST_RECOLORED and _moved(before, gray) >= LEAST_MOVED


def _histogram(image: Frame) -> NDArray[np.float32]:
    """Return the shares of the pixels by color."""
    counts = cv2.calcHist([image], [0, 1, 2], None, [BINS] * 3, [0, 256] * 3)
    return np.asarray(counts / counts.sum(), np.float32)


def _moved(before: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """Return how unlike the middle of a frame and its best place in another one are."""
    rows, columns = before.shape
    middle = before[rows // 4 : -(rows // 4), columns // 4 : -(columns // 4)]
    return 1 - float(cv2.matchTemplate(after, middle, cv2.TM_CCOEFF_NORMED).max())
