"""Files and URLs as sources, and what is no source at all."""

from __future__ import annotations

import functools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from samtracker.errors import VideoError
from samtracker.video.read import read_frames
from tests.helpers.clips import SIZE, numbered, numbers_of, write_clip


def write_sound(path: Path, *, cover: bool) -> None:
    with av.open(str(path), "w") as output:
        track = output.add_stream(output.default_audio_codec, rate=48000)
        assert isinstance(track, av.AudioStream)
        if cover:
            picture = output.add_stream("png", rate=25)
            assert isinstance(picture, av.VideoStream)
            picture.height, picture.width = SIZE
            picture.pix_fmt = "rgb24"
            picture.disposition = Disposition.attached_pic
            output.mux(picture.encode(av.VideoFrame.from_ndarray(numbered(0), format="rgb24")))
            output.mux(picture.encode(None))
        samples = av.AudioFrame.from_ndarray(np.zeros((2, 4096), np.float32), "fltp", "stereo")
        samples.sample_rate = 48000
        output.mux(track.encode(samples))
        output.mux(track.encode(None))


def test_no_such_source(tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.write_bytes(b"")
    text = tmp_path / "text.mp4"
    text.write_text("This is not a video.\n" * 100)
    note = tmp_path / "note.txt"
    note.write_text("FFmpeg would draw this.\n" * 100)
    (tmp_path / "folder").mkdir()
    write_sound(tmp_path / "sound.m4a", cover=False)
    write_sound(tmp_path / "cover.mp3", cover=True)
    sources: list[tuple[str | Path, str]] = [
        (tmp_path / "none.mp4", "no such file or folder"),
        ("x" * 300, "cannot be read"),
        (empty, "is empty"),
        (text, "is not a video"),
        (note, "has no video in it"),
        (tmp_path / "sound.m4a", "has no video in it"),
        (tmp_path / "cover.mp3", "has no video in it"),
        (tmp_path / "folder", "no image in folder"),
        (tmp_path / "*.png", "no image in pattern"),
        ("http://127.0.0.1:1/a.mp4", r"cannot be opened \(Connection refused\)"),
        ("nonsense://a", "cannot be opened"),
    ]
    for source, words in sources:
        with pytest.raises(VideoError, match=words) as raised:
            read_frames(source)
        assert str(source) in str(raised.value)
        assert "\n" not in str(raised.value)


def test_url(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", map(numbered, range(20)))

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            """Keeps the output clean."""

    handler = functools.partial(Handler, directory=str(clip.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with read_frames(f"http://127.0.0.1:{server.server_port}/{clip.name}") as frames:
                assert frames.path is None
                assert numbers_of(frames) == list(range(20))
        finally:
            server.shutdown()
            thread.join()
