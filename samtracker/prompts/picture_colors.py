"""The colors that a mask is painted with, told apart from those that antialiasing adds."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Mask

_NEAR = 32.0  # colors at most this far apart (Euclidean, of 255) may be one
_PAINT_SHARE = 0.001  # of the painted area: a color in a soft picture must fill this much
_DRAWN_SHARE = 0.9  # of all pixels: so many are near a color that fills areas, in a drawing
_BLOCK = np.ones((3, 3), np.uint8)
_EDGE = np.ones((5, 5), np.uint8)


def color_codes(colors: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Turn colors (..., channels) into one number each, (...)."""
    codes = np.zeros(colors.shape[:-1], np.int64)
    for channel in range(colors.shape[-1]):
        codes = codes << 8 | colors[..., channel]
    return codes


@dataclass(frozen=True, kw_only=True)
class PictureColors:
    """The K distinct colors of a picture (H, W, channels).

    Attributes:
        values: The colors, uint8 (K, channels).
        index: Number of the color of each pixel, (H, W).
        counts: Number of pixels, (K,).
        blend: Pixels whose color lies between those around them, (H, W).
        cores: Number of pixels whose 3x3 neighborhood has one color, (K,).
        flat: No color is residue of antialiasing or compression.
    """

    values: NDArray[np.uint8]
    index: NDArray[np.intp]
    blend: Mask
    counts: NDArray[np.intp]
    cores: NDArray[np.intp]
    flat: bool

    @classmethod
    def of(cls, picture: NDArray[np.uint8]) -> PictureColors:
        """Count the colors of a picture, uint8 (H, W, channels)."""
        low = cv2.erode(picture, _BLOCK).reshape(picture.shape)
        high = cv2.dilate(picture, _BLOCK).reshape(picture.shape)
        constant = low == high
        core = constant.all(axis=2)
        # An antialiased pixel lies between its neighbors, in every channel in which they differ.
        blend = (constant | ((low < picture) & (picture < high))).all(axis=2) & ~core
        codes = color_codes(picture)
        codes, index, counts = np.unique(codes, return_inverse=True, return_counts=True)
        shifts = 8 * np.arange(picture.shape[2])[::-1]
        values = (codes[:, None] >> shifts & 255).astype(np.uint8)
        index = index.reshape(core.shape)
        cores = np.bincount(index[core], minlength=len(codes))
        blends = np.bincount(index[blend], minlength=len(codes))
        flat = not ((cores == 0) & (2 * blends > counts)).any()
        if flat and cores.any():
            flat = bool((_nearest(values[cores == 0], values[cores > 0])[1] > _NEAR).all())
        return cls(values=values, index=index, blend=blend, counts=counts, cores=cores, flat=flat)

    def paints(self) -> NDArray[np.uint8]:
        """Return the colors that somebody painted with: (N, channels), sorted, black first."""
        black = np.zeros((1, self.values.shape[1]), np.uint8)
        if self.flat:
            return np.concatenate([black, self.values[self.values.any(axis=1)]])
        from_black = _nearest(self.values, black)[1]
        least = _PAINT_SHARE * self.counts[from_black > _NEAR].sum()
        paints = black
        for k in np.argsort(-self.cores, kind="stable"):
            if self.cores[k] <= least:
                break
            if _nearest(self.values[[k]], paints)[1] > _NEAR:
                paints = np.concatenate([paints, self.values[[k]]])
        if len(paints) == 1:  # nothing but thin lines, whose edges are the darker colors
            paints = np.concatenate([black, self.values[[from_black.argmax()]]])
        return paints[np.argsort(color_codes(paints))]

    def drawn(self, paints: NDArray[np.uint8]) -> bool:
        """Return whether the picture consists of its paints, but for edges."""
        near = _nearest(self.values, paints)[1] <= _NEAR
        return self.flat or bool(self.counts[near].sum() >= _DRAWN_SHARE * self.counts.sum())

    def labels(self, paints: NDArray[np.uint8]) -> NDArray[np.intp]:
        """Return the number of the paint that each pixel belongs to, (H, W).

        It is the nearest one; where several meet at an edge, the nearest of these: halfway
        from black to white is no gray object.
        """
        labels = _nearest(self.values, paints)[0][self.index]
        if self.flat:
            return labels
        drawn = np.where(self.blend, -1, labels)
        here = np.stack([cv2.dilate((drawn == k).astype("u1"), _EDGE) for k in range(len(paints))])
        edge = self.blend & (here.sum(axis=0) > 1)
        blends = self.values[self.index[edge]][:, None].astype(np.float32)
        distance = np.linalg.norm(blends - paints, axis=2)
        labels[edge] = np.where(here[:, edge].T, distance, np.inf).argmin(axis=1)
        return labels


def _nearest(
    colors: NDArray[np.uint8], paints: NDArray[np.uint8]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the number of the paint nearest to each color, (K,), and its distance, (K,)."""
    best = np.zeros(len(colors), np.intp)
    least = np.full(len(colors), np.inf, np.float32)
    for number, paint in enumerate(paints.astype(np.float32)):
        distance = np.linalg.norm(colors - paint, axis=1)
        closer = distance < least
        best[closer], least[closer] = number, distance[closer]
    return best, least
