"""Kinds of pictures that are told by the beginning of a file, whatever its name says."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PIL import Image

HEAD: Final = 256
"""Number of bytes that tell."""

_GIF: Final = "GIF"
_WEBP: Final = "WebP"
_AVIF: Final = "AVIF"
_BEGINNINGS: Final = {
    b"GIF87a": _GIF,
    b"GIF89a": _GIF,
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL \r\n\x87\n": "JPEG XL",
    b"\x8aMNG\r\n\x1a\n": "MNG",
    b"FLIF": "FLIF",
    b"%PDF-": "PDF",
    b"<svg": "SVG",
}
_HEIF_BRANDS: Final = (b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"mif1", b"msf1")
_AVIF_BRANDS: Final = (b"avif", b"avis")


def picture_kind(head: bytes) -> str | None:
    """Return what kind of picture a file holds, one of few; None for anything else.

    Args:
        head: The first `HEAD` bytes of the file.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _WEBP
    if head[4:8] == b"ftyp":
        size = int.from_bytes(head[:4])
        brands = [head[place : place + 4] for place in (8, *range(16, min(size, len(head)), 4))]
        if any(brand in _AVIF_BRANDS for brand in brands):
            return _AVIF
        return "HEIF" if brands[0] in _HEIF_BRANDS else None
    if head.lstrip().startswith(b"<?xml") and b"<svg" in head:
        return "SVG"
    return next((kind for begin, kind in _BEGINNINGS.items() if head.startswith(begin)), None)


def unsupported_kind(head: bytes) -> str | None:
    """Return the kind of a picture that cannot be read; None if it may well be readable."""
    kind = picture_kind(head)
    readable = kind in {_GIF, _WEBP} or (kind == _AVIF and ".avif" in Image.registered_extensions())
    return None if readable else kind


def is_picture(path: Path) -> bool:
    """Return whether a file is a picture whose kind FFmpeg does not read, or only in part."""
    with path.open("rb") as file:
        return picture_kind(file.read(HEAD)) is not None
