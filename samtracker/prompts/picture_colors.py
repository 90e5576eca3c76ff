"""The colors that a mask is painted with, told apart from those that antialiasing adds.

A picture is *soft*, and has colors that nobody painted with, where at least a tenth of the pixels
at its borders are residue of antialiasing, scaling or compression. Such a pixel

- has a color that fills no 3x3 block anywhere,
- lies strictly between the colors around it, in every channel in which they differ,
- and these are more than 32 apart, or a pixel beside it has yet another color of that sort.

So an object of 2x2 pixels, or one that is a pixel wide, is no residue: its neighbors are
background, or ids that nobody would tell apart if they were colors. What lies near the limit, or
has two colors of residue at most, is *doubtful*. Label maps of 5 to 200 objects have 0 to 4 % of
residue, antialiased and compressed pictures 16 % and more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.types import Mask

_NEAR = 32.0  # colors at most this far apart (Euclidean, of 255) may be one
_PAINT_SHARE = 0.001  # of the painted area: a color in a soft picture must fill this much
_DRAWN_SHARE = 0.9  # of all pixels: so many are near a color that fills areas, in a drawing
_SOFT = 0.1  # of the pixels at borders: with so many between others a picture is antialiased
_DOUBTFUL = (0.02, 0.15)  # shares about which one may be mistaken
_FEW = 2  # colors of residue: as few may be objects a pixel wide
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
        doubtful: `flat` may be wrong.
    """

    values: NDArray[np.uint8]
    index: NDArray[np.intp]
    blend: Mask
    counts: NDArray[np.intp]
    cores: NDArray[np.intp]
    flat: bool
    doubtful: bool

    @classmethod
    def of(cls, picture: NDArray[np.uint8]) -> PictureColors:
        """Count the colors of a picture, uint8 (H, W, channels)."""
        low = cv2.erode(picture, _BLOCK).reshape(picture.shape)
        high = cv2.dilate(picture, _BLOCK).reshape(picture.shape)
        constant = low == high
        core = constant.all(axis=2)
        # An antialiased pixel lies between its neighbors, in every channel in which they differ.
        blend = (constant | ((low < picture) & (picture < high))).all(axis=2) & ~core
        contrast = (high.astype(np.int16) - low).max(axis=2) > _NEAR
        codes = color_codes(picture)
        codes, index, counts = np.unique(codes, return_inverse=True, return_counts=True)
        shifts = 8 * np.arange(picture.shape[2])[::-1]
        values = (codes[:, None] >> shifts & 255).astype(np.uint8)
        index = index.reshape(core.shape)
        cores = np.bincount(index[core], minlength=len(codes))
        residue = blend & _residue_like((cores == 0)[index], index, contrast)
        share = residue.sum() / max(np.count_nonzero(~core), 1)
        low_share, high_share = _DOUBTFUL
        few = len(np.unique(index[residue])) <= _FEW
        doubtful = share >= low_share and (share < high_share or few)
        return cls(
            values=values,
            index=index,
            blend=blend,
            counts=counts,
            cores=cores,
            flat=bool(share < _SOFT),
            doubtful=bool(doubtful),
        )

    def as_soft(self) -> PictureColors:
        """Return these colors as those of a picture that is known to be antialiased."""
        return replace(self, flat=False, doubtful=False)

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


def _residue_like(thin: Mask, index: NDArray[np.intp], contrast: Mask) -> Mask:
    """Return which of the pixels whose color fills no area may be residue, (H, W).

    Args:
        thin: Pixels whose color fills no area.
        index: Number of the color of each pixel, (H, W).
        contrast: Pixels around which there are colors far apart.
    """
    highest = cv2.dilate(np.where(thin, index, -1.0), _BLOCK)
    lowest = cv2.erode(np.where(thin, index, np.inf), _BLOCK)
    like: Mask = thin & (contrast | (highest != lowest))
    return like


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
