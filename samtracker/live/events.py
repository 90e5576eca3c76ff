"""Events: what a user does in a window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Button = Literal["left", "right"]


@dataclass(frozen=True)
class Key:
    """A key was pressed.

    Attributes:
        name: Character of the key, or "space", "tab", "enter", "escape".
    """

    name: str


@dataclass(frozen=True)
class Mouse:
    """The mouse did something at a place in the picture.

    Attributes:
        kind: What happened; "move" with or without a button held.
        button: Button that was pressed or released; "left" for a move.
        x: Column in pixels of the picture, 0 at the left.
        y: Row in pixels of the picture, 0 at the top.
    """

    kind: Literal["press", "move", "release"]
    button: Button
    x: float
    y: float


Event = Key | Mouse

QUIT = Key("q")
"""The key that quits; closing the window counts as pressing it."""
