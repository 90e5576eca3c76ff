"""HLS streams, as a folder of files that a web server hands out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import av

from samtracker.types import Frame


def write_hls(folder: Path, frames: Sequence[Frame], *, name: str = "stream") -> Path:
    """Writes a finished HLS stream of 25 frames a second, five in each segment.

    Returns:
        Its playlist, NAME.m3u8. What is right to get: the frames, and their duration.
    """
    playlist = folder / f"{name}.m3u8"
    options = {"hls_time": "0.2", "hls_list_size": "0", "hls_playlist_type": "vod"}
    options["hls_segment_filename"] = str(folder / f"{name}%d.ts")
    with av.open(str(playlist), "w", format="hls", options=options) as output:
        coding = {"g": "5", "bf": "0", "crf": "10"}
        video = output.add_stream("libx264", rate=25, options=coding)
        video.height, video.width = frames[0].shape[:2]
        video.pix_fmt = "yuv420p"
        for image in frames:
            output.mux(video.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        output.mux(video.encode(None))
    return playlist


def write_master(path: Path, variants: dict[str, str]) -> Path:
    """Writes a playlist of playlists: the attributes of each by its address."""
    lines = [f"#EXT-X-STREAM-INF:{given}\n{address}" for address, given in variants.items()]
    path.write_text("\n".join(["#EXTM3U", *lines, ""]))
    return path
