"""The head-up display: what the window shows beside the masks, as gestures, keys and messages."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np

from samtracker.live.controls import HELP, Controls, Mode
from samtracker.live.gesture import Gesture
from samtracker.results.overlay import caption, object_color, overlay
from samtracker.types import Frame

_WHITE: Final = (255, 255, 255)
_DARK: Final = (24, 24, 24)
_ON, _OFF = (80, 220, 100), (240, 80, 70)
"""RGB colors of clicks on the object and on the background."""


def draw_hud(image: Frame, controls: Controls, numbers: str) -> Frame:
    """Draw the picture for the window: a frame with masks and the head-up display.

    Args:
        image: RGB uint8 (H, W, 3); not modified.
        controls: Controls that know what is tracked and pointed at.
        numbers: Frame rate and the like, for the last line.

    Returns:
        RGB uint8 (H, W, 3).
    """
    result = controls.result
    picture = image.copy() if result is None else overlay(image, result, scores=True)
    if controls.selected is not None and result is not None:
        box = result[controls.selected].box
        if box is not None:
            x1, y1, x2, y2 = (round(side) for side in box)
            color = object_color(controls.selected)
            cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), color, 1)
    for x, y, on in controls.clicks:
        where = (round(x), round(y))
        cv2.circle(picture, where, 5, _WHITE, cv2.FILLED, cv2.LINE_AA)
        cv2.circle(picture, where, 4, _ON if on else _OFF, cv2.FILLED, cv2.LINE_AA)
    if controls.gesture is not None and not controls.gesture.is_click:
        _draw_gesture(picture, controls.gesture, paints=controls.mode is Mode.CORRECT)
    if controls.helping:
        _draw_help(picture)
    return caption(picture, *_lines(controls), numbers)


def _lines(controls: Controls) -> list[str]:
    """Return the message, if there is one, and why the picture stands still, if it does."""
    message = [controls.message] if controls.message else []
    if controls.mode is not Mode.WATCH:
        return [*message, controls.mode.value]
    if controls.paused:
        return [*message, "paused: space goes on"]
    if controls.selected is None and not message:
        return [f"{Mode.WATCH.value}; ? shows the keys"]
    return message


def _draw_gesture(picture: Frame, gesture: Gesture, *, paints: bool) -> None:
    color = _ON if gesture.button == "left" else _OFF
    if paints:
        stroke = gesture.stroke()
        picture[stroke] = (picture[stroke] * 0.4 + np.array(color) * 0.6).astype(np.uint8)
    elif gesture.button == "left":
        x1, y1, x2, y2 = (round(side) for side in gesture.box)
        cv2.rectangle(picture, (x1, y1), (x2 - 1, y2 - 1), color, 2)


def _draw_help(picture: Frame) -> None:
    """Draw a panel with the keys in the middle."""
    height, width = picture.shape[:2]
    line = min(28, height // (len(HELP) + 2))
    scale = line / 45
    wide = min(round(17 * line), width - 4)
    top, left = (height - line * (len(HELP) + 1)) // 2, (width - wide) // 2
    panel = picture[top : top + line * (len(HELP) + 1), left : left + wide]
    panel[:] = panel // 4 + np.array(_DARK, np.uint8) // 2
    for row, (key, what) in enumerate(HELP, start=1):
        for text, indent in ((key, 0.5), (what, 5.5)):
            where = (left + round(indent * line), top + row * line)
            cv2.putText(
                picture, text, where, cv2.FONT_HERSHEY_SIMPLEX, scale, _WHITE, 1, cv2.LINE_AA
            )
