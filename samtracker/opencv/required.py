"""Importing this says what to do where OpenCV is missing or cannot be loaded.

The doors to what needs OpenCV import it first, so that nobody is told of a module deep inside.
"""

from __future__ import annotations

from samtracker.errors import ConfigError
from samtracker.opencv.builds import CHOICE, conflict, installed


def _problem(error: Exception) -> str:
    if found := conflict():
        return found
    names = list(installed())
    if not isinstance(error, ModuleNotFoundError | AttributeError):
        return (
            f"OpenCV cannot be loaded ({error}): apt-get install libgl1 libglib2.0-0 (or what "
            "your system calls them), or have opencv-python-headless in the place of "
            "opencv-python, which needs neither and has no windows"
        )
    if names:
        return f"files of OpenCV are missing: pip uninstall {names[0]}, then {CHOICE}"
    return f"OpenCV is not installed: {CHOICE}"


try:
    import cv2

    cv2.__version__  # noqa: B018 - a folder without it may stay behind where a build was removed
except (ImportError, AttributeError) as error:
    raise ConfigError(_problem(error)) from error
