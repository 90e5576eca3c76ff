"""How the command line words errors of the package: with options where they name arguments."""

from __future__ import annotations

import re
from typing import Final

OPTIONS: Final = {
    "mask=...": "--init-mask FILE",
    "boxes=...": "--init-box x1,y1,x2,y2",
    "points=...": "--init-point x,y",
    "output=...": "--output",
    "overwrite=True": "--overwrite",
    "resume()": "--resume",
    "source=...": "--source",
    "start=...": "--start",
    "end=...": "--end",
    "log=...": "--log",
    "log='": "--log '",
    "prompt='": "--prompt '",
    "weights=...": "--weights",
    "resume=...": "--resume auto",
    "learning_rate=...": "--learning-rate",
    "clip_norm=...": "--clip-norm",
    "precision=float32": "--precision float32",
    "PIL.Image.MAX_IMAGE_PIXELS": "the limit with samtrack --max-pixels N",
    "without a window": "without (--headless with live, no --show with track)",
}
"""How a message of the package names what to give, to what a user types."""

_ARGUMENT = re.compile("|".join(rf"(?<!\w){re.escape(argument)}" for argument in OPTIONS))


def with_options(message: str) -> str:
    """Return a message of the package in one line, with options for arguments."""
    line = " ".join(message.split())
    return _ARGUMENT.sub(lambda found: OPTIONS[found[0]], line)
