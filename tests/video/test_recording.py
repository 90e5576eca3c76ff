"""Recordings: what can be played while they are written, and what they are at the end."""

from __future__ import annotations

import resource
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest

from samtracker.errors import VideoError
from samtracker.types import Frame
from samtracker.video.recording import RecordingWriter
from tests.helpers.clips import numbered

TIMES = [7.0, 7.04, 7.1, 7.5, 7.54, 8.0]


def boxes(path: Path) -> list[str]:
    """The names of an MP4's outer boxes."""
    data, found, at = path.read_bytes(), [], 0
    while at < len(data):
        found.append(data[at + 4 : at + 8].decode("ascii"))
        at += int.from_bytes(data[at : at + 4], "big")
    return found


def times(path: Path) -> list[float]:
    with av.open(f"file:{path}") as video:
        return [float(frame.time or 0) for frame in video.decode(video=0)]


def test_all_but_the_last_frame_can_be_played_at_any_time(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "record.mp4", fps=25)
    for number, time in enumerate(TIMES):
        writer.write(numbered(number), time)
        if number:
            left = tmp_path / "record.partial.mp4"
            assert times(left) == pytest.approx([time - 7 for time in TIMES[:number]], abs=1e-4)
    assert not (tmp_path / "record.mp4").exists()
    writer.close()


def test_at_its_end_it_is_a_plain_mp4(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "record.mp4", fps=25)
    for number, time in enumerate(TIMES):
        writer.write(numbered(number), time)
    writer.close()
    assert writer.kept
    assert [path.name for path in tmp_path.iterdir()] == ["record.mp4"]
    found = boxes(tmp_path / "record.mp4")
    assert "moof" not in found
    assert found.index("moov") < found.index("mdat")
    assert times(tmp_path / "record.mp4") == pytest.approx([time - 7 for time in TIMES], abs=1e-4)
    with av.open(f"file:{tmp_path / 'record.mp4'}") as video:
        assert float((video.duration or 0) / av.time_base) == pytest.approx(1.04, abs=0.002)


def noise(number: int) -> Frame:
    return np.random.default_rng(number).integers(0, 256, (96, 160, 3)).astype(np.uint8)


@pytest.mark.parametrize("room", [60_000, 700])
def test_a_full_disk_costs_nothing_of_what_was_written(tmp_path: Path, room: int) -> None:
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    writer = RecordingWriter(tmp_path / "record.mp4", fps=25)
    written = 0
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with suppress(VideoError):
            while written < 20:
                writer.write(noise(written), written / 25)
                written += 1
        with pytest.raises(VideoError, match=r"record\.mp4' cannot be written \(File too large\)"):
            writer.write(noise(written), written / 25)
        writer.close()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert writer.kept == (room == 60_000)
    assert [path.name for path in tmp_path.iterdir()] == ["record.mp4"] * writer.kept
    if writer.kept:
        assert 2 <= written - 1 <= len(times(tmp_path / "record.mp4")) <= written
