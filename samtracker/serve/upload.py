"""Receiving a video: bytes are counted, waited for with a limit, and named by the server."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Final

from fastapi import HTTPException, Request

from samtracker.files import writing

WAIT: Final = 30.0
"""Seconds that a client may send nothing, and that it may be behind `RATE`."""

RATE: Final = 16 * 2**10
"""Bytes that a client must send in a second on average: one that holds the place of another."""

SUFFIXES: Final = (
    *(".avi", ".flv", ".gif", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts"),
    *(".mxf", ".ogv", ".png", ".tif", ".tiff", ".ts", ".vob", ".webm", ".webp", ".wmv"),
)
"""Endings of the files that may be opened; what they hold is told by their content."""


def shown_name(given: str) -> str:
    r"""Return what a client calls a file, as it may be shown: no path, no control characters.

    >>> shown_name("../../etc/passwd"), shown_name("C:\\clips\\a.mp4")
    ('passwd', 'a.mp4')
    """
    last = PureWindowsPath(PurePosixPath(given).name).name
    return re.sub(r"[^\w .,()\[\]+-]", "_", last)[:100].strip() or "video"


async def receive(
    request: Request, name: str, folder: Path, most: int, suffixes: tuple[str, ...] = SUFFIXES
) -> Path:
    """Write the body of a request to a new file.

    Args:
        request: The request.
        name: What the client calls the file; only its ending is used.
        folder: Folder for the file.
        most: Largest number of bytes.
        suffixes: Endings that it may have.

    Returns:
        The file.

    Raises:
        HTTPException: The ending is unknown (415), it is too large (413) or comes too slowly (408).
        OutputError: The disk is full.
    """
    suffix = PurePosixPath(name).suffix.lower()
    if suffix not in suffixes:
        kind = "video" if suffixes is SUFFIXES else "project"
        raise HTTPException(415, f"'{name}' has no ending of a {kind}: {', '.join(suffixes)}")
    too_large = HTTPException(413, f"'{name}' is too large: at most {most / 2**20:.0f} MiB")
    announced = request.headers.get("content-length", "0")
    if not announced.isdecimal() or int(announced) > most:
        raise too_large
    path = folder / f"{secrets.token_hex(8)}{suffix}"
    count = 0
    try:
        with writing(path), path.open("xb") as file:
            async for part in _parts(request, name):
                count += len(part)
                if count > most:
                    raise too_large
                await asyncio.to_thread(file.write, part)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


async def _parts(request: Request, name: str) -> AsyncIterator[bytes]:
    """Yield the body of a request as it comes.

    Raises:
        HTTPException: It comes too slowly (408).
    """
    count, begin, parts = 0, time.monotonic(), request.stream()
    while True:
        behind = begin + WAIT + count / RATE - time.monotonic()
        try:
            async with asyncio.timeout(min(WAIT, behind)):
                part = await anext(parts, b"")
        except TimeoutError:
            raise HTTPException(408, f"'{name}' comes too slowly: try again") from None
        if not part:
            return
        count += len(part)
        yield part
