"""HLS playlists: which of the streams that one offers is read (RFC 8216).

FFmpeg would read all of them, and load a playlist that names itself for ever.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin

from samtracker.errors import VideoError
from samtracker.video.location import locate_source
from samtracker.video.web import fetch_start, is_web_address

LIMIT = 1 << 20  # bytes of a playlist that are looked at
_VARIANT = re.compile(r"^#EXT-X-STREAM-INF:(?P<attributes>.*)$\s*^(?P<uri>[^#\s].*)$", re.MULTILINE)
_RESOLUTION = re.compile(r"(?<![\w-])RESOLUTION=(\d{1,6})x(\d{1,6})")
_BANDWIDTH = re.compile(r"(?<![\w-])BANDWIDTH=(\d{1,15})")


def is_playlist(head: bytes) -> bool:
    """Return whether a file that begins like this is a playlist."""
    return head.removeprefix(b"\xef\xbb\xbf").startswith(b"#EXTM3U")


def choose_variant(location: Path | str) -> Path | str:
    """Return where the playlist is whose segments are read.

    Args:
        location: Path or http(s) address of a playlist, of segments or of playlists (variants).

    Returns:
        The variant with most pixels, then with most bits a second; a playlist of segments itself.

    Raises:
        VideoError: It cannot be read, or its variants are no playlists of segments here or there.
    """
    text, base = _read(location)
    variants = list(_VARIANT.finditer(text))
    if not variants:
        return location
    best = max(variants, key=lambda variant: _quality(variant["attributes"]))
    chosen = _resolve(base, best["uri"].strip())
    if _VARIANT.search(_read(chosen)[0]):
        raise VideoError(
            f"'{location}' leads to '{chosen}', a playlist of playlists again: "
            "give the address of one that lists a video's segments"
        )
    return chosen


def _quality(attributes: str) -> tuple[int, int]:
    """Return the number of pixels and of bits a second that a variant announces."""
    size, bits = _RESOLUTION.search(attributes), _BANDWIDTH.search(attributes)
    return (int(size[1]) * int(size[2]) if size else 0, int(bits[1]) if bits else 0)


def _resolve(base: Path | str, uri: str) -> Path | str:
    """Return where a playlist finds what it names: remotely on the web only, locally only here."""
    if isinstance(base, Path):
        found = locate_source(uri)
        if isinstance(found, Path):
            return base.parent / found
    else:
        found = urljoin(base, uri)
        if is_web_address(found):
            return found
    raise VideoError(
        f"'{base}' names '{uri}': a playlist from the web may only name web addresses, "
        "and one in a file only files"
    )


def _read(location: Path | str) -> tuple[str, Path | str]:
    """Return the text of a playlist, and where it really is."""
    if isinstance(location, Path):
        try:
            with location.open("rb") as file:
                return file.read(LIMIT).decode(errors="replace"), location
        except OSError as error:
            raise VideoError(f"'{location}' cannot be read: {error.strerror}") from error
    found = fetch_start(location, LIMIT)
    if found is None:
        raise VideoError(f"the playlist '{location}' cannot be loaded: check the address")
    return found[0].decode(errors="replace"), found[1]
