"""Which builds of OpenCV are installed; all of them are the module cv2, and share its files."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import Final

BUILDS: Final = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
"""Distributions that bring cv2; the headless ones have no windows and need no libGL."""

CHOICE: Final = (
    "pip install 'samtracker[gui]', or 'samtracker[headless]' for a machine without a screen"
)
"""How to get one of them."""


def installed() -> dict[str, str]:
    """Return the installed builds with their versions."""
    return {name: found for name in BUILDS if (found := _version(name))}


def conflict() -> str:
    """Return what is wrong where several builds are installed, and the way out; "" elsewhere."""
    names = list(installed())
    if len(names) < 2:
        return ""
    return (
        f"{' and '.join(names)} share their files, and break each other: "
        f"pip uninstall {' '.join(names)}, then {CHOICE}"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
