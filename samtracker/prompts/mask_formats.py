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
colors              every color is an object. Colors of the DAVIS palette have its ids,
                    others are numbered 1, 2, ... as they appear, from the top row down
alpha               above half is visible; flat colors are read as above, but a cut-out, be it
                    black or a photograph, is one object, id 1
==================  =======================================================================

Shades and colors are flat where somebody drew them, and every one of them counts, down to a
single pixel. Antialiasing and compression add others, which are no objects: in a picture that
is soft, as `picture_colors` tells by its borders, and in every JPEG, only colors that fill areas
count, and every pixel belongs to the nearest of these. A gray picture without such areas is one
object where it is brighter than half its maximum.

In the palette or the colors of PASCAL VOC, which are those of DAVIS, and in gray beside values
up to 31, 255 beside other ids is the border that VOC draws around objects: it is left out.

What is decided by a narrow margin is logged as a warning. `kind` decides instead:

==================  =======================================================================
ids                 gray values and indices of any palette are ids as they are, 255 too
binary              one object, id 1: all that would be an object
colors              every flat color or shade is an object, whatever the palette's indices or
                    the gray values; edges between them are none
==================  =======================================================================
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker.errors import PromptError
from samtracker.prompts.first_objects import FirstObjects, check_aspect, resize
from samtracker.prompts.mask_reader import STORED, MaskReader
from samtracker.types import IdMap, Mask, Size

_FOR_ARRAYS = "give masks by object id to say what it is, as mask={id: array == id}"

_PAINT = (
    "paint each object on black, in any color of its own, "
    "and leave only the background black or transparent"
)
_MARK = "give True, or an id from 1 on, where an object is (soft masks are cut at one half)"


def read_picture(path: Path, size: Size, *, kind: str = "auto") -> FirstObjects:
    """Read the objects from a picture.

    Args:
        path: A file in any format that Pillow reads; see the module for what it may show.
        size: (H, W) of the frame. A mask of another size but the same aspect ratio is resized.
        kind: How it is read, see the module; "auto" decides by the picture.

    Raises:
        PromptError: The file is missing or no picture, has another aspect ratio, or is empty.
    """
    name = f"mask '{path}'"
    try:
        image = open_picture(path)
    except FileNotFoundError as error:
        raise PromptError(f"{name} does not exist: check the path") from error
    except OSError as error:
        raise PromptError(f"{name} cannot be read as a picture: give a PNG file") from error
    ids = MaskReader(name=name, kind=kind).read(image)
    return FirstObjects(ids=_fitted(ids, size, name, _PAINT))


def read_id_map(path: Path) -> NDArray[np.uint16]:
    """Read the mask of a frame in a data set, where an id must mean the same in every frame.

    So nothing is guessed from the picture as a whole, as `read_picture` does. The indices of any
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
    return MaskReader(name=f"'{path}'", kind=STORED).read(open_picture(path)).astype(np.uint16)


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
    image = open_picture(path)
    if image.mode not in ("1", "L", "P", "I;16"):
        raise PromptError(f"'{path}' is in color: give a gray mask whose values are ids")
    return np.asarray(image).astype(np.uint16)


def parse_mask(
    mask: NDArray[Any] | Image.Image,
    size: Size,
    *,
    limit: int | None = None,
    name: str = "mask",
) -> dict[int, Mask]:
    """Read the objects from an array or a Pillow image, as `read_picture` does from a file.

    Args:
        mask: (H, W) of any kind, or uint8 (H, W, 1 to 4): gray, gray and alpha, RGB, RGBA.
        size: (H, W) of the frame.
        limit: How many objects there may be; None for any number.
        name: What it is called in messages.

    Returns:
        Object id to bool (H, W), in the order of the ids; disjoint, none of them empty.

    Raises:
        PromptError: The mask has another aspect ratio, is empty, has too many objects, or holds
            values or has a shape that make no sense in a mask.
    """
    given = mask if isinstance(mask, Image.Image) else np.asarray(mask)
    ids = MaskReader(name=name, kind="auto", way_out=_FOR_ARRAYS).read(given)
    way_out = _PAINT if isinstance(given, Image.Image) else _MARK
    return FirstObjects(ids=_fitted(ids, size, name, way_out)).masks(limit)


def open_picture(source: Path | BinaryIO) -> Image.Image:
    """Read a picture with Pillow.

    Raises:
        OSError: It is missing, damaged, or no picture.
    """
    try:
        with Image.open(source) as image:
            image.load()
            return image
    except (SyntaxError, ValueError, struct.error, Image.DecompressionBombError) as error:
        raise OSError(f"'{source}' is no picture: {error}") from error


def _fitted(ids: IdMap, size: Size, name: str, way_out: str) -> IdMap:
    """Bring a mask to the size of the frame; neither it nor what is left of it may be empty."""
    if not ids.any():
        raise PromptError(f"{name} is empty: {way_out}")
    check_aspect((ids.shape[0], ids.shape[1]), size, name)
    fitted = resize(ids, size)
    if not fitted.any():
        raise PromptError(f"{name} has only specks that vanish at the frame's size: paint larger")
    return fitted
