"""Opening a video file or URL with FFmpeg (PyAV); where that fails, why, and what to do."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import av

from samtracker.errors import VideoError
from samtracker.video.av_versions import open_input
from samtracker.video.playlist import choose_variant, is_playlist
from samtracker.video.web import TIMEOUT, fetch_start, is_web_address

if TYPE_CHECKING:
    from av.container import InputContainer

NO_PIPE = (
    "is no video that can be read from a pipe: it is damaged or cut off, or an MP4 whose index "
    "(moov) is not at the front (ffmpeg -movflags faststart); or give a file"
)
HEAD = 1024  # bytes from which a file is recognized
# Formats that name other files, which may name them in turn: FFmpeg would go round for ever.
LISTS = frozenset({"concat", "hls"})
FORMATS = ",".join(sorted(av.formats_available - LISTS))
# FFmpeg waits for more of a playlist that does not say that it is over. In a file nothing comes.
PLAYLIST_IN_FILE = {"live_start_index": "0", "max_reload": "1"}
# From its last segment on, or a live picture would be two segments older.
PLAYLIST_ON_WEB = {"live_start_index": "-1"}


def open_container(location: Path | str) -> InputContainer:
    """Open a video; of a playlist, the stream that a player would show.

    Args:
        location: A path, or a URL such as rtsp://host/stream. A server that sends nothing for 15 s
            counts as failed, then and later.

    Raises:
        VideoError: It cannot be opened.
    """
    try:
        return _open(location, FORMATS)
    except av.FFmpegError as error:
        # What it is FFmpeg does know, where it is a matter of the network.
        unknown = isinstance(error, (av.error.InvalidDataError, av.error.ArgumentError))
        head = _head(location) if unknown else b""
        if is_playlist(head):
            return _open_playlist(location)
        raise VideoError(f"'{location}' {_diagnosis(location, head, error)}") from error


def _open(location: Path | str, formats: str, **options: str) -> InputContainer:
    local = isinstance(location, Path)
    return open_input(
        # Without the protocol, FFmpeg takes the name 12:30.mp4 for a URL.
        f"file:{location}" if local else str(location),
        container_options={
            "format_whitelist": formats,
            "rtsp_flags": "prefer_tcp",  # over UDP packets get lost, and the pictures are smeared
            **options,
        },
        timeout=None if local else TIMEOUT,
    )


def _open_playlist(location: Path | str) -> InputContainer:
    try:
        options = PLAYLIST_IN_FILE if isinstance(location, Path) else PLAYLIST_ON_WEB
        return _open(choose_variant(location), f"{FORMATS},hls", **options)
    except av.FFmpegError as error:
        raise VideoError(
            f"'{location}' is a playlist, but nothing that it names can be read "
            f"({error.strerror}): check that it is there; a playlist from the web may only name "
            "web addresses, and one in a file only files"
        ) from error


def _head(location: Path | str) -> bytes:
    """Return what a file or web address begins with; nothing of a pipe, or where it is gone."""
    if isinstance(location, Path):
        with suppress(OSError):
            if location.is_file():
                with location.open("rb") as file:
                    return file.read(HEAD)
        return b""
    found = fetch_start(location, HEAD) if is_web_address(location) else None
    return b"" if found is None else found[0]


def _diagnosis(location: Path | str, head: bytes, error: av.FFmpegError) -> str:
    """Say why FFmpeg could not open a file or URL, and what to do."""
    if re.search(rb"<(!doctype\s+html|html|head|body)\b", head, re.IGNORECASE):
        return (
            "is a web page, not a video: give the address of the video itself, "
            "or download the video and give the file"
        )
    if head.startswith(b"ffconcat"):
        return "is a list of videos: give one of them, or join them with ffmpeg -f concat"
    if isinstance(location, str):
        return f"cannot be opened ({error.strerror}): check the address and the network"
    if location.exists() and not location.is_file():
        return NO_PIPE
    return _diagnosis_of_file(head, error)


def _diagnosis_of_file(head: bytes, error: av.FFmpegError) -> str:
    if not isinstance(error, av.error.InvalidDataError):
        return f"cannot be read: {error.strerror}"
    if not head:
        return "is empty (0 bytes): record, copy or download it again"
    if head[4:8] == b"ftyp":  # the first box of every MP4 and QuickTime file
        return (
            "is damaged or incomplete, its index (moov) is missing: "
            "record, copy or download it again"
        )
    return "is not a video that can be read, or is damaged: give another file"
