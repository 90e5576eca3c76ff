"""What a user does in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Button = Literal["left", "right"]


@dataclass(frozen=True)
class Key:
    """A key.

    Attributes:
        name: its character, or "space", "enter", "escape".
    """

    name: str


@dataclass(frozen=True)
class Mouse:
    """The mouse, at a place in the picture.

    Attributes:
        kind: what happened; "move" with or without a button held.
        button: that was pressed or released; "left" for a move.
        x: pixels of the picture, 0 at its left side.
        y: likewise, 0 at the top.
    """

    kind: Literal["press", "move", "release"]
    button: Button
    x: float
    y: float


Event = Key | Mouse

QUIT = Key("q")
"""The key that ends; closing the window counts as pressing it."""
