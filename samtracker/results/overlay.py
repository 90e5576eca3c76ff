"""Drawing results on a frame."""

from __future__ import annotations

import reprlib
from numbers import Real
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from samtracker.errors import ConfigError
from samtracker.palette import palette_color
from samtracker.types import Box, Frame, FrameResult, Mask, State, TrackedObject, check_frame

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_DARK, _LIGHT = (24, 24, 24), (255, 255, 255)


def overlay(
    image: Frame, result: FrameResult, *, opacity: float = 0.5, scores: bool = False
) -> Frame:
    """Draw every object on a copy of the frame: a tint, an outline and a label.

    The color is that of the mask files, brightened. Outlines lie inside the masks, so that
    pixels outside of masks and labels stay as they are. A label shows the id, the name if there is
    one, and the state of an object that is not tracked; objects without a box are listed in the
    upper left corner.

    Args:
        image: RGB uint8 (H, W, 3); not modified.
        result: Result of this frame.
        opacity: Opacity of the tint, 0 (none) to 1 (solid).
        scores: Whether labels show scores and all states.

    Returns:
        RGB uint8 (H, W, 3).

    Raises:
        FrameError: The image is not RGB uint8.
        ConfigError: The result belongs to a frame of another size, or the opacity is out of range.
    """
    check_frame(image)
    if image.shape[:2] != result.size:
        raise ConfigError(
            f"image has the size {image.shape[:2]} but result {result.size}: "
            "draw a result on its own frame"
        )
    given: object = opacity
    if not isinstance(given, Real) or not 0 <= opacity <= 1:
        raise ConfigError(f"opacity={reprlib.repr(opacity)} does not fit: give 0 to 1")
    canvas: Frame = np.array(image, order="C")
    for item in result.objects:
        if item.box is not None:
            _draw_mask(canvas, item, item.box, opacity)
    unseen = 0
    for item in result.objects:  # after all masks, so that none covers a label
        _draw_label(canvas, item, unseen, _label(item, scores=scores))
        unseen += item.box is None
    return canvas


def caption(image: Frame, *lines: str) -> Frame:
    """Write lines of text into the lower left corner of an RGB frame, in place."""
    bottom = image.shape[0]
    scale = max(0.4, bottom / 1200)
    line = max(1, round(1.6 * scale))
    pad = round(7 * scale)
    for text in reversed(lines):
        (width, high), _ = cv2.getTextSize(text, _FONT, scale, line)
        top = bottom - high - 2 * pad
        image[max(top, 0) : bottom, : width + 2 * pad] = _DARK
        where = (pad, bottom - pad)
        cv2.putText(image, text, where, _FONT, scale, _LIGHT, line, cv2.LINE_AA)
        bottom = top
    return image


def _label(item: TrackedObject, *, scores: bool) -> str:
    words = [str(item.id), item.name]
    if scores or item.state is not State.TRACKING:
        words.append(item.state)
    if scores and item.box is not None:
        words.append(f"{item.score:.2f}")
    return " ".join(word for word in words if word)


def _draw_mask(canvas: Frame, item: TrackedObject, box: Box, opacity: float) -> None:
    line = max(1, round(min(item.mask.shape) / 540))
    left, top = (max(int(side) - line, 0) for side in box[:2])
    right, bottom = (int(side) + line for side in box[2:])
    part = canvas[top:bottom, left:right]
    mask = item.mask[top:bottom, left:right].view(np.uint8)
    color = np.array(object_color(item.id))
    blend = (1 - opacity) * np.arange(256)[:, None] + opacity * color
    cv2.copyTo(cv2.LUT(part, blend.round().astype(np.uint8)[None]), mask, part)
    # A strong line stands out from a light picture, a light one within it from a dark picture.
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * line + 1, 2 * line + 1))
    rim = cv2.erode(mask, disk)
    _paint(part, mask > rim, color)
    _paint(part, rim > cv2.erode(rim, disk), (0.4 * color + 0.6 * 255).round())


def _paint(part: Frame, where: Mask, color: NDArray[Any]) -> None:
    """Give pixels a color, in place; quick where they are few, as `part[where] = color` is not."""
    part[np.divmod(np.flatnonzero(where), where.shape[1])] = color


def _draw_label(canvas: Frame, item: TrackedObject, unseen: int, text: str) -> None:
    """Draw a label above the object's box; without one, below `unseen` others in the corner."""
    height, width = canvas.shape[:2]
    scale = max(0.4, min(height, width) / 1200)
    line = max(1, round(1.6 * scale))
    (text_width, text_height), _ = cv2.getTextSize(text, _FONT, scale, line)
    pad = round(7 * scale)
    high, wide = text_height + 2 * pad, text_width + 2 * pad
    if high > height or wide > width:
        return
    if item.box is None:
        left, top = pad, pad + unseen * (high + pad)
    else:
        left, top = int(item.box[0]), int(item.box[1]) - high - pad
    left, top = min(left, width - wide), min(max(top, 0), height - high)
    color = object_color(item.id)
    canvas[top : top + high, left : left + wide] = color
    bright = np.dot(color, (0.299, 0.587, 0.114)) > 150  # luma of ITU-R BT.601
    where = (left + pad, top + pad + text_height)
    ink = _DARK if bright else _LIGHT
    cv2.putText(canvas, text, where, _FONT, scale, ink, line, cv2.LINE_AA)


def object_color(object_id: int) -> tuple[int, int, int]:
    """Return the RGB color of an object: its own, brightened, for half the palette is too dark."""
    red, green, blue = (round(46 + 204 * (c / 255) ** 0.5) for c in palette_color(object_id))
    return red, green, blue
