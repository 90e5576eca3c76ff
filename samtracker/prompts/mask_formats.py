"""What a mask may look like when a user brings one, and the objects that are read from it.

Black, 0 and transparent are background. Everything else is told apart like this:

==================  =======================================================================
bool                one object, id 1
floats              0 to 1: one object where above 0.5; whole numbers: as integers
integers over 8 bit the values are ids; if the largest is 255 or 65535 (white), as gray
palette             the indices are ids, in the palette of DAVIS or any other with a black
                    index 0; a palette that only compresses a picture: as colors
gray                up to 31 (too dark for a drawing): the values are ids. Above: every shade
                    is an object and its value the id, but a shade alone is object 1
colors             every color is an object. Colors of the DAVIS palette have its ids,
                    others are numbered 1, 2, ... as they appear, from the top row down
alpha               above half is visible; flat colors are read as above, but a cut-out, be it
                    black or a photograph, is one object, id 1
==================  =======================================================================

Shades and colors are flat where somebody drew them. Antialiasing and compression add others,
which are no objects: in a picture that has colors which only occur at the edges between
others, or faint copies of another one, only colors that fill areas count, and every pixel
belongs to the nearest of these. A gray picture without such areas is one object where it is
brighter than half its maximum.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker.errors import PromptError
from samtracker.palette import PALETTE
from samtracker.prompts.picture_colors import PictureColors, color_codes
from samtracker.types import IdMap, Mask, Size

_DARKEST_SHADE = 32  # gray values below it are ids, not shades


def read_mask(path: Path, size: Size) -> dict[int, Mask]:
    """Read the objects from a picture.

    Args:
        path: A file in any format that Pillow reads; see the module for what it may show.
        size: (H, W) of the frame. A mask of another size but the same aspect ratio is resized.

    Returns:
        Object id to bool (H, W), in the order of the ids; disjoint, none of them empty.

    Raises:
        PromptError: The file is missing or no picture, has another aspect ratio, or is empty.
    """
    name = f"mask '{path}'"
    try:
        image = _open(path)
    except FileNotFoundError as error:
        raise PromptError(f"{name} does not exist: check the path") from error
    except OSError as error:
        raise PromptError(f"{name} cannot be read as a picture: give a PNG file") from error
    return _objects(image, size, name)


def read_id_map(path: Path) -> NDArray[np.uint16]:
    """Read the mask of a frame in a data set, where an id must mean the same in every frame.

    So nothing is guessed from the picture as a whole, as `read_mask` does. The indices of any
    palette are ids, lighter grays are object 1 above half their maximum, colors must be those of
    the DAVIS palette, and what is transparent is background.

    Args:
        path: A file in any format that Pillow reads.

    Returns:
        Ids of the objects, uint16 (H, W) at the picture's own size; 0 is background.

    Raises:
        OSError: The file is missing, damaged, or no picture.
        PromptError: Its colors or values are not those of a mask.
    """
    return _image_ids(_open(path), f"'{path}'", strict=True).astype(np.uint16)


def read_gray_ids(path: Path) -> NDArray[np.uint16]:
    """Read a mask whose gray values or palette indices are ids as they are.

    Args:
        path: A file in any format that Pillow reads.

    Returns:
        The values, uint16 (H, W) at the picture's own size.

    Raises:
        OSError: The file is missing, damaged, or no picture.
        PromptError: It is in color.
    """
    image = _open(path)
    if image.mode not in ("1", "L", "P", "I;16"):
        raise PromptError(f"'{path}' is in color: give a gray mask whose values are ids")
    return np.asarray(image).astype(np.uint16)


def parse_mask(mask: NDArray[Any] | Image.Image, size: Size) -> dict[int, Mask]:
    """Read the objects from an array or a Pillow image, as `read_mask` does from a file.

    Args:
        mask: (H, W) of any kind, or uint8 (H, W, 1 to 4): gray, gray and alpha, RGB, RGBA.
        size: (H, W) of the frame.

    Returns:
        Object id to bool (H, W), in the order of the ids; disjoint, none of them empty.

    Raises:
        PromptError: The mask has another aspect ratio, is empty, or holds values or has a shape
            that make no sense in a mask.
    """
    return _objects(mask, size, "mask")


def _objects(mask: NDArray[Any] | Image.Image, size: Size, name: str) -> dict[int, Mask]:
    if isinstance(mask, Image.Image):
        ids = _image_ids(mask, name, strict=False)
    else:
        ids = _array_ids(np.asarray(mask), name, strict=False)
    if not ids.any():
        raise PromptError(
            f"{name} is empty: paint each object on black, in any color of its own, "
            "and leave only the background black or transparent"
        )
    ids = _resize(ids, size, name)
    found = {int(value): ids == value for value in np.unique(ids) if value}
    if not found:
        raise PromptError(f"{name} has only specks that vanish at the frame's size: paint larger")
    return found


def _open(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except (SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise OSError(f"'{path}' is no picture: {error}") from error


def _resize(ids: IdMap, size: Size, name: str) -> IdMap:
    """Resize by the nearest neighbor of pixel centers, between equal aspect ratios only."""
    (rows, columns), (height, width) = ids.shape, size
    if abs(columns - rows * width / height) > max(1.0, 0.01 * columns):
        raise PromptError(
            f"{name} is {columns}x{rows} pixels but the frame is {width}x{height}, "
            f"another aspect ratio: draw the mask on a frame of this video ({width}x{height})"
        )
    row = (2 * np.arange(height) + 1) * rows // (2 * height)
    column = (2 * np.arange(width) + 1) * columns // (2 * width)
    return ids[np.ix_(row, column)]


def _image_ids(image: Image.Image, name: str, *, strict: bool) -> IdMap:
    """Read the ids from an image; `strict` as `read_id_map` has it."""
    if image.mode == "P":
        indices = np.asarray(image)
        if strict:
            return indices
        colors = np.asarray(image.convert("RGBA"))
        if _indices_are_ids(indices, colors):
            return indices
        return _array_ids(colors, name, strict=strict)
    if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
        image = image.convert("RGBA")
    elif image.mode in ("CMYK", "YCbCr", "LAB", "HSV", "RGBX"):
        image = image.convert("RGB")
    return _array_ids(np.asarray(image), name, strict=strict)


def _indices_are_ids(indices: IdMap, colors: NDArray[np.uint8]) -> bool:
    """Return whether a palette is one of ids, not one that a program made to save space."""
    known = _palette_ids(colors[..., :3])
    if known is not None and np.array_equal(known, indices):
        return True
    background = (colors[..., :3] == 0).all(axis=2) | (colors[..., 3] < 128)
    misplaced = background.any() and not background[indices == 0].any()
    return not misplaced and PictureColors.of(colors[..., :3]).flat


def _array_ids(mask: NDArray[Any], name: str, *, strict: bool) -> IdMap:
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[..., 0]
    if 0 in mask.shape or not (mask.ndim == 2 or (mask.ndim == 3 and mask.shape[2] in (2, 3, 4))):
        raise PromptError(
            f"{name} has the shape {mask.shape}: give (H, W) with object ids, or (H, W, 3) RGB"
        )
    if mask.ndim == 3:
        if mask.dtype != np.uint8:
            raise PromptError(f"{name} has colors of type {mask.dtype}: give them as uint8")
        if mask.shape[2] == 3:
            return _color_ids(mask, name, strict=strict)
        return _alpha_ids(mask[..., :-1], mask[..., -1], name, strict=strict)
    if mask.dtype == np.bool_:
        return mask.astype(np.uint8)
    if mask.dtype.kind not in "uif":
        raise PromptError(f"{name} has the type {mask.dtype}: give bool, integers or 0 to 1")
    return _number_ids(mask, name, strict=strict)


def _number_ids(mask: NDArray[Any], name: str, *, strict: bool) -> IdMap:
    """Read the object ids of a (H, W) array of integers or floats."""
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
        return _gray_ids(mask.astype(np.uint8), strict=strict)
    if high == 65535:
        return _gray_ids((mask // 257).astype(np.uint8), strict=strict)
    return mask.astype(np.uint16)


def _alpha_ids(
    colors: NDArray[np.uint8], alpha: NDArray[np.uint8], name: str, *, strict: bool
) -> IdMap:
    visible = alpha > 127
    shown = colors * visible[..., None]
    if not strict and not visible.all() and not (shown.any() and PictureColors.of(shown).flat):
        return visible.astype(np.uint8)  # a cut-out
    if shown.shape[2] == 1:
        return _gray_ids(shown[..., 0], strict=strict)
    return _color_ids(shown, name, strict=strict)


def _gray_ids(gray: NDArray[np.uint8], *, strict: bool) -> IdMap:
    if gray.max() < _DARKEST_SHADE:
        return gray
    bright = (gray > int(gray.max()) // 2).astype(np.uint8)
    if strict:
        return bright
    colors = PictureColors.of(gray[..., None])
    shades = colors.paints()
    if not colors.drawn(shades):
        return bright
    ids = shades[:, 0].astype(np.uint16) if len(shades) > 2 else np.array([0, 1], np.uint16)
    return ids[colors.labels(shades)]


def _color_ids(colors: NDArray[np.uint8], name: str, *, strict: bool) -> IdMap:
    known = _palette_ids(colors)
    if known is not None:
        return known
    if (colors == colors[..., :1]).all():
        return _gray_ids(colors[..., 0], strict=strict)
    if strict:
        raise PromptError(f"{name} is no mask: its colors are not those of the DAVIS palette")
    found = PictureColors.of(colors)
    paints = found.paints()
    if not found.drawn(paints):
        raise PromptError(
            f"{name} looks like a photograph, not a mask: paint each object in one flat color "
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


def _palette_ids(colors: NDArray[np.uint8]) -> NDArray[np.intp] | None:
    """Return the ids (...) of colors (..., 3) in the DAVIS palette; None if one is not in it."""
    # The palette inside DAVIS' own files has 191 where the formula gives 192.
    known, codes = color_codes(PALETTE), color_codes(np.where(colors == 191, np.uint8(192), colors))
    order = np.argsort(known)
    ids = order[np.searchsorted(known[order], codes).clip(max=len(known) - 1)]
    return ids if np.array_equal(known[ids], codes) else None
