"""Files of ours that were cut off or that somebody changed."""

from __future__ import annotations

import zlib
from typing import Final

DAMAGE: Final = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    zlib.error,
)
"""What reading one may raise, beside OSError."""
