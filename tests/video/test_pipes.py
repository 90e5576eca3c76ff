"""Pipes: read once, from the start to the end."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from samtracker.errors import VideoError
from samtracker.video.read import read_frames
from samtracker.video.write import VideoWriter
from tests.helpers.clips import numbered, numbers_of, write_clip

NUMBERS = list(range(8))


@contextmanager
def sending(source: Path, pipe: Path | int) -> Iterator[None]:
    """Writes a file to a pipe meanwhile."""

    def send() -> None:
        file = os.open(pipe, os.O_WRONLY) if isinstance(pipe, Path) else pipe
        with os.fdopen(file, "wb", buffering=0) as output, suppress(BrokenPipeError):
            output.write(source.read_bytes())

    thread = threading.Thread(target=send)
    thread.start()
    yield
    thread.join(timeout=30)
    assert not thread.is_alive()


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    return path


@pytest.fixture
def stdin() -> Iterator[int]:
    """The other end of a pipe that is standard input."""
    before = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    yield writing
    os.dup2(before, 0)
    os.close(before)


@pytest.mark.parametrize("name", ["a.mkv", "a.ts", "front.mp4"])
def test_named_pipe(tmp_path: Path, fifo: Path, name: str) -> None:
    clip = write_clip(
        tmp_path / name,
        map(numbered, NUMBERS),
        audio="aac",
        movflags="+faststart" if "front" in name else "",
    )
    with sending(clip, fifo):
        frames = read_frames(fifo)
        assert numbers_of(frames) == NUMBERS
    assert (frames.is_live, frames.repeatable, frames.truncated) == (False, False, False)
    assert frames.notes == (f"the audio of '{fifo}' is left out: a pipe can be read only once",)
    with VideoWriter(tmp_path / "out.mp4", fps=25, audio_from=frames.path) as writer:
        writer.write(numbered(0))


@pytest.mark.parametrize("source", ["-", "/dev/stdin"])
def test_standard_input(tmp_path: Path, stdin: int, source: str) -> None:
    clip = write_clip(tmp_path / "a.mkv", map(numbered, NUMBERS))
    with sending(clip, stdin):
        frames = read_frames(source, start=0.1)
        assert numbers_of(frames) == NUMBERS[3:]
    assert frames.notes == ()


def test_an_index_at_the_end_cannot_be_reached(tmp_path: Path, fifo: Path) -> None:
    lossless = {"crf": "0", "g": "1"}  # too much for FFmpeg to remember
    clip = write_clip(tmp_path / "a.mp4", [numbered(0)] * 60, options=lossless)
    with sending(clip, fifo), pytest.raises(VideoError, match="faststart"):
        numbers_of(read_frames(fifo))
