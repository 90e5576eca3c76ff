"""Where the releases of PyAV that are admitted differ."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av

if TYPE_CHECKING:
    from av.container import InputContainer

MAJOR = int(av.__version__.partition(".")[0])


def open_input(address: str, **options: Any) -> InputContainer:
    """Open a file or URL for reading; titles and the like that are no UTF-8 are no error.

    Args:
        address: Of the file or stream, with its protocol.
        options: Of `av.open`.

    Raises:
        FFmpegError: It cannot be opened.
    """
    if MAJOR < 19:  # later ones have no choice, and this is theirs
        options["metadata_errors"] = "ignore"
    return cast("InputContainer", av.open(address, **options))


def to_fraction(value: Fraction | None) -> Fraction:
    """Return a ratio as a Fraction, 0 where there is none.

    Args:
        value: From PyAV; before 19 a Fraction or None, and then an AVRational.
    """
    return Fraction(value.numerator, value.denominator) if value else Fraction(0)
