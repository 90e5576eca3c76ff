"""From a picture or an array to a map of object ids; `mask_formats` says by which rules."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from samtracker.errors import PromptError
from samtracker.palette import PALETTE
from samtracker.prompts.picture_colors import PictureColors, color_codes
from samtracker.types import IdMap

_LOG = logging.getLogger(__name__)

STORED: Final = "stored"
"""Kind of the masks in a data set: nothing is guessed from the picture as a whole."""

_DARKEST_SHADE = 32  # gray values below it are ids, not shades
_IGNORED = 255  # of ids in a PASCAL VOC mask: the border around objects
_AS_RGB = ("CMYK", "YCbCr", "LAB", "HSV", "RGBX")
_LOSSY = ("JPEG", "MPO")


@dataclass(frozen=True, kw_only=True)
class MaskReader:
    """Reads one mask.

    Attributes:
        name: What it is called in messages.
        kind: One of `samtracker.config.MASK_KINDS`, or `STORED`.
        way_out: How to say what a mask is that may be something else, for messages.
    """

    name: str
    kind: str
    way_out: str = "say what it is with mask_kind=... (ids, colors or binary)"

    def read(self, mask: NDArray[Any] | Image.Image) -> IdMap:
        """Return the ids of the objects, (H, W) at the mask's own size.

        Raises:
            PromptError: Its shape, type or values make no sense in a mask.
        """
        lossy = isinstance(mask, Image.Image) and mask.format in _LOSSY
        as_told = self.kind in (STORED, "ids", "colors")
        reader = replace(self, kind="colors") if lossy and not as_told else self
        ids = reader._image(mask) if isinstance(mask, Image.Image) else reader._array(mask)
        return (ids > 0).astype(np.uint8) if self.kind == "binary" else ids

    def _image(self, image: Image.Image) -> IdMap:
        if image.mode == "P":
            return self._palette(image)
        if image.has_transparency_data and image.mode not in ("LA", "RGBA"):
            image = image.convert("RGBA")
        elif image.mode in _AS_RGB:
            image = image.convert("RGB")
        return self._array(np.asarray(image))

    def _palette(self, image: Image.Image) -> IdMap:
        indices = np.asarray(image)
        if self.kind in (STORED, "ids"):
            return indices
        colors = np.asarray(image.convert("RGBA"))
        known = _palette_ids(colors[..., :3])
        if known is not None and np.array_equal(known, indices):
            return self._without_borders(indices)
        if self.kind != "colors" and self._indices_are_ids(indices, colors):
            return indices
        return self._array(colors)

    def _indices_are_ids(self, indices: IdMap, colors: NDArray[np.uint8]) -> bool:
        """Return whether a palette is one of ids, not one that a program made to save space."""
        background = (colors[..., :3] == 0).all(axis=2) | (colors[..., 3] < 128)
        misplaced = background.any() and not background[indices == 0].any()
        return not misplaced and self._colors(colors[..., :3]).flat

    def _array(self, mask: NDArray[Any]) -> IdMap:
        if mask.ndim == 3 and mask.shape[2] == 1:
            mask = mask[..., 0]
        if 0 in mask.shape or not (
            mask.ndim == 2 or (mask.ndim == 3 and mask.shape[2] in (2, 3, 4))
        ):
            raise PromptError(
                f"{self.name} has the shape {mask.shape}: "
                "give (H, W) with object ids, or (H, W, 3) RGB"
            )
        if mask.ndim == 3:
            if mask.dtype != np.uint8:
                raise PromptError(f"{self.name} has colors of type {mask.dtype}: give uint8")
            if mask.shape[2] == 3:
                return self._rgb(mask)
            return self._alpha(mask[..., :-1], mask[..., -1])
        if mask.dtype == np.bool_:
            return mask.astype(np.uint8)
        if mask.dtype.kind not in "uif":
            raise PromptError(
                f"{self.name} has the type {mask.dtype}: give bool, integers or 0 to 1"
            )
        return self._numbers(mask)

    def _numbers(self, mask: NDArray[Any]) -> IdMap:
        """Read a (H, W) array of integers or floats."""
        if not np.isfinite(mask).all():
            raise PromptError(f"{self.name} holds NaN or infinite values: give 0 as background")
        low, high = mask.min(), mask.max()
        if low < 0 or high > 65535:
            raise PromptError(
                f"{self.name} holds values from {low} to {high}: ids are within 1 and 65535"
            )
        if mask.dtype.kind == "f":
            if high <= 1:
                return (mask > 0.5).astype(np.uint8)
            if (mask % 1 != 0).any():
                raise PromptError(f"{self.name} holds fractions above 1: give 0 to 1, or whole ids")
        if self.kind == "ids":
            return mask.astype(np.uint16)
        if mask.dtype == np.uint8 or high == 255:
            return self._gray(mask.astype(np.uint8))
        if high == 65535:
            return self._gray((mask // 257).astype(np.uint8))
        return mask.astype(np.uint16)

    def _alpha(self, colors: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> IdMap:
        visible = alpha > 127
        shown = colors * visible[..., None]
        if self.kind not in (STORED, "ids") and not visible.all():
            cut_out = not (shown.any() and self._colors(shown).flat)
            if cut_out and self.kind != "colors":
                return visible.astype(np.uint8)
        if shown.shape[2] == 1:
            return self._numbers(shown[..., 0])
        return self._rgb(shown)

    def _gray(self, gray: NDArray[np.uint8]) -> IdMap:
        if self.kind != "colors" and gray.max() < _DARKEST_SHADE:
            return gray
        bright = (gray > int(gray.max()) // 2).astype(np.uint8)
        if self.kind == STORED:
            return bright
        if self.kind != "colors" and self._is_id_map_with_borders(gray):
            return self._without_borders(gray)
        colors = self._colors(gray[..., None])
        shades = colors.paints()
        if colors.doubtful:
            self._say(f"may be a map of ids or have antialiased edges, {_taken(colors)}")
        if not colors.drawn(shades):
            return bright
        ids = shades[:, 0].astype(np.uint16) if len(shades) > 2 else np.array([0, 1], np.uint16)
        return ids[colors.labels(shades)]

    def _rgb(self, colors: NDArray[np.uint8]) -> IdMap:
        known = _palette_ids(colors)
        if known is not None:
            return known if self.kind in (STORED, "ids") else self._without_borders(known)
        if (colors == colors[..., :1]).all():
            return self._numbers(colors[..., 0])
        if self.kind in (STORED, "ids"):
            raise PromptError(
                f"{self.name} is no mask: its colors are not those of the DAVIS palette, "
                "which stand for ids"
            )
        found = self._colors(colors)
        paints = found.paints()
        if not found.drawn(paints):
            raise PromptError(
                f"{self.name} looks like a photograph, not a mask: paint each object in one flat "
                "color on black"
            )
        if found.doubtful:
            self._say(
                f"may have thin objects or antialiased edges, {_taken(found)}",
                "draw it without antialiasing, or give a picture with a palette",
            )
        labels = found.labels(paints)
        known = _palette_ids(paints)
        if known is not None:
            return known[labels]
        present, first = np.unique(labels[labels > 0], return_index=True)
        ids = np.zeros(len(paints), np.uint16)
        ids[present[np.argsort(first)]] = np.arange(1, len(present) + 1)
        return ids[labels]

    def _colors(self, picture: NDArray[np.uint8]) -> PictureColors:
        colors = PictureColors.of(picture)
        return colors.as_soft() if self.kind == "colors" else colors

    def _is_id_map_with_borders(self, gray: NDArray[np.uint8]) -> bool:
        """Return whether gray values are those of a PASCAL VOC mask that lost its palette."""
        counts = np.bincount(gray.ravel(), minlength=256)
        return bool(counts[_IGNORED] and counts[1:_DARKEST_SHADE].any()) and not (
            counts[_DARKEST_SHADE:_IGNORED].any()
        )

    def _without_borders(self, ids: IdMap) -> IdMap:
        """Return ids without 255 beside others, which PASCAL VOC's masks have around objects."""
        border = ids == _IGNORED
        if self.kind == "colors" or not border.any() or not (ids[~border] > 0).any():
            return ids
        self._say("has 255 beside other ids, which is read as PASCAL VOC's border to ignore")
        return np.where(border, np.zeros_like(ids), ids)

    def _say(self, what: str, way_out: str | None = None) -> None:
        """Tell the user what was decided that may be wrong, and the way out."""
        if self.kind == "auto":
            _LOG.warning("%s %s: %s", self.name, what, way_out or self.way_out)


def _taken(colors: PictureColors) -> str:
    return "and is taken for the former" if colors.flat else "and is taken for the latter"


def _palette_ids(colors: NDArray[np.uint8]) -> NDArray[np.intp] | None:
    """Return the ids (...) of colors (..., 3) in the DAVIS palette; None if one is not in it."""
    # The palette inside DAVIS' own files has 191 where the formula gives 192.
    known, codes = color_codes(PALETTE), color_codes(np.where(colors == 191, np.uint8(192), colors))
    order = np.argsort(known)
    ids = order[np.searchsorted(known[order], codes).clip(max=len(known) - 1)]
    return ids if np.array_equal(known[ids], codes) else None
