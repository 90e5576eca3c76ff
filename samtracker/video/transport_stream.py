"""MPEG transport streams: packets of one size, which tell where a file was cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Final

SYNC: Final = 0x47
LAYOUTS: Final = ((188, 0), (192, 4), (204, 0))
"""Bytes of a packet, and of what comes before its sync byte: broadcast, Blu-ray (m2ts), DVB."""


def ends_within_packet(path: Path, container: str) -> bool:
    """Return whether a file ends in the middle of a packet; one cut between two does not tell.

    Args:
        path: The file.
        container: Its format as FFmpeg calls it; always False for others than mpegts.
    """
    if container != "mpegts":
        return False
    with path.open("rb") as file:
        head = file.read(LAYOUTS[-1][0] * 2)
    for size, before in LAYOUTS:
        if head[before : before + size + 1 : size] == bytes((SYNC, SYNC)):
            return path.stat().st_size % size != 0
    return False
