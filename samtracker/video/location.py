"""Where a source is: a path on this machine, or a URL."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

from samtracker.errors import VideoError

VIDEO_SUFFIXES: Final = (
    *(".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"),
    *(".mxf", ".ogv", ".ts", ".vob", ".webm", ".wmv"),
)
"""Endings by which videos are found in a folder; what a file holds is told by its content."""

_FILE_URL = re.compile(r"file:(?://(?P<host>[^/]*))?(?P<path>/.*)", re.IGNORECASE | re.DOTALL)
_HERE = ("", "localhost")


def is_camera(source: str | Path | int) -> bool:
    """Return whether a source is a camera's number: an int, or a string of digits."""
    return isinstance(source, int) or (isinstance(source, str) and source.isdecimal())


def locate_source(source: str | Path) -> Path | str:
    """Return the path of a source on this machine, and the URL of any other one.

    Args:
        source: A path; or a URL, among them `file:///a%20b.mp4` as browsers and desktops copy the
            path of a file (RFC 8089).

    Raises:
        VideoError: It is a file: URL of another machine.
    """
    url = None if isinstance(source, Path) else _FILE_URL.fullmatch(source)
    if url is None:
        return source if isinstance(source, str) and "://" in source else Path(source)
    if (url["host"] or "").lower() not in _HERE:
        raise VideoError(
            f"'{source}' is on another machine, {url['host']}: give the path of a file that is here"
        )
    return Path(os.fsdecode(unquote_to_bytes(url["path"])))
