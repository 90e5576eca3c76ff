"""What a mask may look like when a user brings one, and the objects that are read from it.

Black, 0 and transparent are background. Everything else is told apart like this:

==================  =======================================================================
bool                one object, id 1
floats              0 to 1: one object where above 0.5; whole numbers: as integers
integers over 8 bit the values are ids; if the largest is 255 or 65535 (white), as grey
palette             the indices are ids, in the palette of DAVIS or any other with a black
                    index 0; a palette that only compresses a picture: as colours
grey                up to 31 (too dark for a drawing): the values are ids. Above: every shade
                    is an object and its value the id, but a shade alone is object 1
colours             every colour is an object. Colours of the DAVIS palette have its ids,
                    others are numbered 1, 2, ... as they appear, from the top row down
alpha               above half is visible; flat colours are read as above, but a cut-out, be it
                    black or a photograph, is one object, id 1
==================  =======================================================================

Shades and colours are flat where somebody drew them. Antialiasing and compression add others,
which are no objects: in a picture that has colours which only occur at the edges between
others, or faint copies of another one, only colours that fill areas count, and every pixel
belongs to the nearest of these. A grey picture without such areas is one object where it is
brighter than half its maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker.errors import PromptError
from samtracker.palette import PALETTE
from samtracker.types import IdMap, Mask, Size

_DARKEST_SHADE = 32  # grey values below it are ids, not shades
_NEAR = 32.0  # colours at most this far apart (Euclidean, of 255) may be one
_PAINT_SHARE = 0.001  # of the painted area: a colour in a soft picture must fill this much
_DRAWN_SHARE = 0.9  # of all pixels: so many are near a colour that fills areas, in a drawing
_BLOCK = np.ones((3, 3), np.uint8)
_EDGE = np.ones((5, 5), np.uint8)


def read_mask(path: Path, size: Size) -> dict[int, Mask]:
    """Reads the objects from a picture.

    Args:
        path: a file in any format that Pillow reads; see the module for what it may show.
        size: (H, W) of the frame. A mask of another size but the same aspect ratio is resized.

    Returns:
        Object id to bool (H, W), in the order of the ids; disjoint, none of them empty.

    Raises:
        PromptError: the file is missing or no picture, has another aspect ratio, or is empty.
    """
    name = f"mask '{path}'"
    try:
        with Image.open(path) as image:
            image.load()
    except FileNotFoundError as error:
        raise PromptError(f"{name} does not exist: check the path") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PromptError(f"{name} cannot be read as a picture: give a PNG file") from error
    return _objects(image, size, name)


def parse_mask(mask: NDArray[Any] | Image.Image, size: Size) -> dict[int, Mask]:
    """Reads the objects from an array or a Pillow image, as `read_mask` does from a file.

    Args:
        mask: (H, W) of any kind, or uint8 (H, W, 1 to 4): grey, grey and alpha, RGB, RGBA.
        size: (H, W) of the frame.

    Returns:
        Object id to bool (H, W), in the order of the ids; disjoint, none of them empty.

    Raises:
        PromptError: the mask has another aspect ratio, is empty, or holds values or has a shape
            that make no sense in a mask.
    """
    return _objects(mask, size, "mask")


def _objects(mask: NDArray[Any] | Image.Image, size: Size, name: str) -> dict[int, Mask]:
    if isinstance(mask, Image.Image):
        ids = _image_ids(mask, name)
    else:
        ids = _array_ids(np.asarray(mask), name)
    if not ids.any():
        raise PromptError(
            f"{name} is empty: paint each object on black, in any colour of its own, "
            "and leave only the background black or transparent"
        )
    ids = _resize(ids, size, name)
    found = {int(value): ids == value for value in np.unique(ids) if value}
    if not found:
        raise PromptError(f"{name} has only specks that vanish at the frame's size: paint larger")
    return found


def _resize(ids: IdMap, size: Size, name: str) -> IdMap:
    """Nearest neighbour of the pixel centres; only between equal aspect ratios."""
    (rows, columns), (height, width) = ids.shape, size
    if abs(columns - rows * width / height) > max(1.0, 0.01 * columns):
        raise PromptError(
            f"{name} is {columns}x{rows} pixels but the frame is {width}x{height}, "
            f"another aspect ratio: draw the mask on a frame of this video ({width}x{height})"
        )
    row = (2 * np.arange(height) + 1) * rows // (2 * height)
    column = (2 * np.arange(width) + 1) * columns // (2 * width)
    return ids[np.ix_(row, column)]


def _image_ids(image: Image.Image, name: str) -> IdMap:
    if image.mode == "P":
        indices = np.asarray(image)
        colours = np.asarray(image.convert("RGBA"))
        return indices if _indices_are_ids(indices, colours) else _array_ids(colours, name)
    if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        image = image.convert("RGBA")
    elif image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "RGBX"):
        image = image.convert("RGB")
    return _array_ids(np.asarray(image), name)


def _indices_are_ids(indices: IdMap, colours: NDArray[np.uint8]) -> bool:
    """Whether a palette is one of ids, not one that a program made to save space."""
    known = _palette_ids(colours[..., :3])
    if known is not None and np.array_equal(known, indices):
        return True
    background = (colours[..., :3] == 0).all(axis=2) | (colours[..., 3] < 128)
    misplaced = background.any() and not background[indices == 0].any()
    return not misplaced and _Colours.of(colours[..., :3]).flat


def _array_ids(mask: NDArray[Any], name: str) -> IdMap:
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[..., 0]
    if 0 in mask.shape or not (mask.ndim == 2 or (mask.ndim == 3 and mask.shape[2] in (2, 3, 4))):
        raise PromptError(
            f"{name} has the shape {mask.shape}: give (H, W) with object ids, or (H, W, 3) RGB"
        )
    if mask.ndim == 3:
        if mask.dtype != np.uint8:
            raise PromptError(f"{name} has colours of type {mask.dtype}: give them as uint8")
        if mask.shape[2] == 3:
            return _colour_ids(mask, name)
        return _alpha_ids(mask[..., :-1], mask[..., -1], name)
    if mask.dtype == np.bool_:
        return mask.astype(np.uint8)
    if mask.dtype.kind not in "uif":
        raise PromptError(f"{name} has the type {mask.dtype}: give bool, integers or 0 to 1")
    return _number_ids(mask, name)


def _number_ids(mask: NDArray[Any], name: str) -> IdMap:
    """Object ids of a (H, W) array of integers or floats."""
    if not np.isfinite(mask).all():
        raise PromptError(f"{name} holds NaN or infinite values: give 0 for the background")
    low, high = mask.min(), mask.max()
    if low < 0 or high > 65535:
        raise PromptError(f"{name} holds values from {low} to {high}: ids are within 1 and 65535")
    if mask.dtype.kind == "f":
        if high <= 1:
            return (mask > 0.5).astype(np.uint8)
        if (mask % 1 != 0).any():
            raise PromptError(f"{name} holds fractions above 1: give 0 to 1, or whole ids")
    if mask.dtype == np.uint8 or high == 255:
        return _grey_ids(mask.astype(np.uint8))
    if high == 65535:
        return _grey_ids((mask // 257).astype(np.uint8))
    return mask.astype(np.uint16)


def _alpha_ids(colours: NDArray[np.uint8], alpha: NDArray[np.uint8], name: str) -> IdMap:
    visible = alpha > 127
    shown = colours * visible[..., None]
    if not visible.all() and not (shown.any() and _Colours.of(shown).flat):
        return visible.astype(np.uint8)
    return _grey_ids(shown[..., 0]) if shown.shape[2] == 1 else _colour_ids(shown, name)


def _grey_ids(grey: NDArray[np.uint8]) -> IdMap:
    if grey.max() < _DARKEST_SHADE:
        return grey
    colours = _Colours.of(grey[..., None])
    shades = colours.paints()
    if not colours.drawn(shades):
        return (grey > int(grey.max()) // 2).astype(np.uint8)
    ids = shades[:, 0].astype(np.uint16) if len(shades) > 2 else np.array([0, 1], np.uint16)
    return ids[colours.labels(shades)]


def _colour_ids(colours: NDArray[np.uint8], name: str) -> IdMap:
    known = _palette_ids(colours)
    if known is not None:
        return known
    if (colours == colours[..., :1]).all():
        return _grey_ids(colours[..., 0])
    found = _Colours.of(colours)
    paints = found.paints()
    if not found.drawn(paints):
        raise PromptError(
            f"{name} looks like a photograph, not a mask: paint each object in one flat colour "
            "on black"
        )
    labels = found.labels(paints)
    known = _palette_ids(paints)
    if known is not None:
        return known[labels]
    present, first = np.unique(labels[labels > 0], return_index=True)
    ids = np.zeros(len(paints), np.uint16)
    ids[present[np.argsort(first)]] = np.arange(1, len(present) + 1)
    return ids[labels]


def _palette_ids(colours: NDArray[np.uint8]) -> NDArray[np.intp] | None:
    """The indices (...) of colours (..., 3) in the DAVIS palette; None if one is not in it."""
    # The palette inside DAVIS' own files has 191 where the formula gives 192.
    known, codes = _codes(PALETTE), _codes(np.where(colours == 191, np.uint8(192), colours))
    order = np.argsort(known)
    ids = order[np.searchsorted(known[order], codes).clip(max=len(known) - 1)]
    return ids if np.array_equal(known[ids], codes) else None


def _codes(colours: NDArray[np.uint8]) -> NDArray[np.int64]:
    """One number for each colour: (..., channels) to (...)."""
    codes = np.zeros(colours.shape[:-1], np.int64)
    for channel in range(colours.shape[-1]):
        codes = codes << 8 | colours[..., channel]
    return codes


@dataclass(frozen=True, kw_only=True)
class _Colours:
    """The K distinct colours of a picture (H, W, channels).

    Attributes:
        values: uint8 (K, channels).
        index: the colour of each pixel, (H, W).
        counts: number of pixels, (K,).
        blend: pixels whose colour lies between those around them, (H, W).
        cores: number of pixels whose 3x3 neighbourhood has one colour, (K,).
        flat: no colour is residue of antialiasing or compression.
    """

    values: NDArray[np.uint8]
    index: NDArray[np.intp]
    blend: Mask
    counts: NDArray[np.intp]
    cores: NDArray[np.intp]
    flat: bool

    @classmethod
    def of(cls, picture: NDArray[np.uint8]) -> _Colours:
        low = cv2.erode(picture, _BLOCK).reshape(picture.shape)
        high = cv2.dilate(picture, _BLOCK).reshape(picture.shape)
        constant = low == high
        core = constant.all(axis=2)
        # An antialiased pixel lies between its neighbours, in every channel in which they differ.
        blend = (constant | ((low < picture) & (picture < high))).all(axis=2) & ~core
        codes, index, counts = np.unique(_codes(picture), return_inverse=True, return_counts=True)
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
        """The colours that somebody painted with: (N, channels), sorted, black first."""
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
        if len(paints) == 1:  # nothing but thin lines, whose edges are the darker colours
            paints = np.concatenate([black, self.values[[from_black.argmax()]]])
        return paints[np.argsort(_codes(paints))]

    def drawn(self, paints: NDArray[np.uint8]) -> bool:
        """Whether the picture consists of its paints, but for edges."""
        near = _nearest(self.values, paints)[1] <= _NEAR
        return self.flat or bool(self.counts[near].sum() >= _DRAWN_SHARE * self.counts.sum())

    def labels(self, paints: NDArray[np.uint8]) -> NDArray[np.intp]:
        """The number of the paint that each pixel belongs to, (H, W).

        It is the nearest one; where several meet at an edge, the nearest of these: halfway
        from black to white is no grey object.
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
    colours: NDArray[np.uint8], paints: NDArray[np.uint8]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """The number of the paint nearest to each colour, (K,), and its Euclidean distance, (K,)."""
    best = np.zeros(len(colours), np.intp)
    least = np.full(len(colours), np.inf, np.float32)
    for number, paint in enumerate(paints.astype(np.float32)):
        distance = np.linalg.norm(colours - paint, axis=1)
        closer = distance < least
        best[closer], least[closer] = number, distance[closer]
    return best, least
