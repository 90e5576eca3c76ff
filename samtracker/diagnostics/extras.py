"""The extras of the package: what each is for, and which of its packages are missing here."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, distribution, requires
from typing import Final

EXTRAS: Final = {
    "gui": "OpenCV with windows, to see and point while it tracks",
    "headless": "OpenCV without windows, for servers and containers",
    "demo": "the clip of samtrack demo",
    "train": "training, and its curves in TensorBoard",
    "openvino": "an engine that is quicker than torch on most CPUs",
    "onnx": "ONNX Runtime, and graphs to track without torch",
    "serve": "the page for browsers",
    "batch": "Ray, which tracks many videos on a cluster",
}
"""For each extra, what it brings; `all` is all of them but for the two OpenCVs."""


def lacking(extra: str) -> list[str]:
    """Return those packages of an extra that are not installed; empty where it is there."""
    marker = re.compile(rf"extra == ['\"]{extra}['\"]")
    texts = [text for text in requires("samtracker") or () if marker.search(text)]
    names = [text[: end.start()] for text in texts if (end := re.search(r"[^\w.-]", text))]
    return [name for name in names if not _is_there(name)]


def _is_there(package: str) -> bool:
    try:
        distribution(package)
    except PackageNotFoundError:
        return False
    return True
