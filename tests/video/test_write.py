"""Writing: what players need of the file, times and colors and sound kept, nothing left behind."""

from __future__ import annotations

import resource
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samtracker.errors import ConfigError, FrameError, OutputError, VideoError
from samtracker.types import Frame
from samtracker.video.read import read_frames
from samtracker.video.write import VideoWriter
from tests.helpers.clips import (
    AUDIO_RATE,
    SIZE,
    big_buck_bunny,
    cut,
    number_of,
    numbered,
    numbers_of,
    write_clip,
)

COLORS = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 64, 200)]
CLICKS = (0.5, 1.0, 1.5, 2.5)


def flat(size: tuple[int, int], value: int = 90) -> Frame:
    return np.full((*size, 3), value, np.uint8)


def clicks_in(path: Path) -> tuple[str, list[float], float]:
    """The audio codec, when the clicks are heard, and the duration of the audio in seconds."""
    heard: list[float] = []
    end = 0.0
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        for samples in container.decode(track):
            wave = samples.to_ndarray()
            begin = samples.time or 0.0
            left = wave[0] if samples.format.is_planar else wave[0, :: samples.layout.nb_channels]
            loud = np.flatnonzero(np.abs(left) > 0.25 * (1 if wave.dtype.kind == "f" else 32768))
            for sample in loud:
                time = begin + int(sample) / samples.sample_rate
                if not heard or time > heard[-1] + 0.1:
                    heard.append(time)
            end = begin + samples.samples / samples.sample_rate
        return track.codec_context.codec.canonical_name, heard, end


def test_what_players_need(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, fps=25) as writer:
        for number in range(30):
            writer.write(numbered(number))
    data = path.read_bytes()
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        (stream,) = container.streams
        assert stream is container.streams.video[0]
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt, context.profile) == ("h264", "yuv420p", "High")
        assert stream.frames == 30
        assert stream.average_rate == 25
        assert container.duration == 30 * av.time_base // 25
        assert (context.colorspace, context.color_primaries, context.color_trc) == (1, 1, 1)
        assert context.color_range == 1
    frames = list(read_frames(path))
    assert numbers_of(frames) == list(range(30))
    assert [frame.time for frame in frames] == [i / 25 for i in range(30)]
    assert list(tmp_path.iterdir()) == [path]


def test_real_file(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with (
        read_frames(big_buck_bunny(), end=1.0) as frames,
        VideoWriter(path, fps=frames.info.fps or 25, audio_from=frames.path) as writer,
    ):
        originals = [frame.image for frame in frames]
        for number, image in enumerate(originals):
            writer.write(image, number / 25)
    copies = [frame.image for frame in read_frames(path)]
    assert len(copies) == 25
    for copy, original in zip(copies, originals, strict=True):
        assert np.abs(copy.astype(int) - original).mean() < 3
    with av.open(str(path)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]


def test_colors(tmp_path: Path) -> None:
    image = np.repeat(np.array(COLORS, np.uint8)[None], 32, axis=1).repeat(64, axis=0)
    with VideoWriter(tmp_path / "out.mp4", fps=25) as writer:
        for _ in range(3):
            writer.write(image)
    for frame in read_frames(tmp_path / "out.mp4"):
        assert np.abs(frame.image[32, 16::32].astype(int) - COLORS).max() <= 4


@settings(max_examples=25, derandomize=True, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    start=st.floats(0, 1000),
    steps=st.lists(st.floats(-0.1, 0.5), max_size=12),
)
def test_any_size_and_times(height: int, width: int, start: float, steps: Sequence[float]) -> None:
    times = [start + sum(steps[:count]) for count in range(len(steps) + 1)]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "out.mp4"
        with VideoWriter(path, fps=25) as writer:
            for time in times:
                writer.write(flat((height, width)), time)
        frames = list(read_frames(path))
    assert frames[0].image.shape == (height + height % 2, width + width % 2, 3)
    assert np.abs(frames[0].image.astype(int) - 90).max() <= 4
    assert len(frames) == len(times)
    latest = -1.0
    for frame, time in zip(frames, times, strict=True):
        assert frame.time > latest
        assert frame.time == pytest.approx(max(time - start, latest), abs=3e-5)
        latest = frame.time


def test_odd_size_repeats_the_edge(tmp_path: Path) -> None:
    image = flat((33, 47))
    image[-1] = 250
    image[:, -1] = 10
    with VideoWriter(tmp_path / "out.mp4", fps=25) as writer:
        writer.write(image)
    (frame,) = read_frames(tmp_path / "out.mp4")
    padded = np.pad(image, ((0, 1), (0, 1), (0, 0)), mode="edge")
    assert frame.image.shape == padded.shape
    assert np.abs(frame.image.astype(int) - padded).mean() < 2


@pytest.mark.parametrize("times", [[0.0], [2.0, 3.0], [0.0, 0.04, 0.5]])
def test_last_frame_is_shown_as_long_as_the_rate_says(tmp_path: Path, times: list[float]) -> None:
    with VideoWriter(tmp_path / "out.mp4", fps=25) as writer:
        for time in times:
            writer.write(flat(SIZE), time)
    duration = read_frames(tmp_path / "out.mp4").info.duration
    assert duration == pytest.approx(times[-1] - times[0] + 0.04)


@pytest.mark.parametrize("rate", [Fraction(30000, 1001), Fraction(24000, 1001), Fraction(25, 2)])
def test_rate_is_exact(tmp_path: Path, rate: Fraction) -> None:
    with VideoWriter(tmp_path / "out.mp4", fps=float(rate)) as writer:
        for _ in range(20):
            writer.write(flat(SIZE))
    frames = read_frames(tmp_path / "out.mp4")
    assert frames.info.fps == float(rate)
    assert frames.info.duration == float(20 / rate)
    assert [frame.time for frame in frames] == [float(i / rate) for i in range(20)]


@pytest.mark.parametrize(
    ("name", "audio", "written"),
    [
        ("in.mp4", "aac", "aac"),
        ("in.ts", "aac", "aac"),
        ("in.mp4", "libmp3lame", "mp3"),
        ("in.mp4", "ac3", "ac3"),
        ("in.mkv", "libopus", "opus"),
        ("in.mkv", "flac", "flac"),
        ("in.mov", "pcm_s16le", "aac"),
    ],
)
@pytest.mark.parametrize("span", [(0.0, None), (0.8, 2.0), (1.02, None)])
def test_audio_stays_in_time(
    tmp_path: Path, name: str, audio: str, written: str, span: tuple[float, float | None]
) -> None:
    images = [flat(SIZE, number) for number in range(75)]
    source = write_clip(tmp_path / name, images, audio=audio, clicks=CLICKS)
    path = tmp_path / "out.mp4"
    with (
        read_frames(source, start=span[0], end=span[1]) as frames,
        VideoWriter(path, fps=25, audio_from=frames.path) as writer,
    ):
        times = [frame.time for frame in frames]
        for number, time in enumerate(times):
            writer.write(images[number], time)
    assert str(source) not in {file.path for file in psutil.Process().open_files()}
    kind, heard, length = clicks_in(path)
    assert kind == written
    expected = [click - times[0] for click in CLICKS if times[0] < click < times[-1]]
    assert heard == pytest.approx(expected, abs=2e-3)
    assert length == pytest.approx(len(times) / 25, abs=2048 / AUDIO_RATE)


def test_audio_is_copied_bit_for_bit(tmp_path: Path) -> None:
    source = write_clip(
        tmp_path / "in.mp4",
        [flat(SIZE)] * 50,
        audio="aac",
        clicks=CLICKS[:3],
        movflags="+faststart",
    )
    with VideoWriter(tmp_path / "out.mp4", fps=25, audio_from=source) as writer:
        for _ in range(50):
            writer.write(flat(SIZE))
    packets = []
    for path in (source, tmp_path / "out.mp4"):
        with av.open(str(path)) as container:
            packets.append([bytes(packet) for packet in container.demux(audio=0)])
    assert len(packets[0]) > 90
    # The last packet of the source lies beyond the last frame.
    assert packets[1][:90] == packets[0][:90]


def test_audio_and_video_are_interleaved(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", [flat(SIZE)] * 500, audio="aac")
    with VideoWriter(tmp_path / "out.mp4", fps=25, audio_from=source) as writer:
        for number in range(500):
            writer.write(numbered(number % 40))
    with av.open(str(tmp_path / "out.mp4")) as container:
        packets = [packet for packet in container.demux() if packet.size]
    packets.sort(key=lambda packet: packet.pos or 0)
    furthest = [0.0, 0.0]
    for packet in packets:
        furthest[packet.stream_index] = float((packet.dts or 0) * packet.time_base)
        assert abs(furthest[0] - furthest[1]) < 2


def test_source_without_audio(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.mp4", [flat(SIZE)] * 5)
    with VideoWriter(tmp_path / "out.mp4", fps=25, audio_from=source) as writer:
        writer.write(flat(SIZE))
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert [stream.type for stream in container.streams] == ["video"]


def test_truncated_audio_does_not_cost_the_video(tmp_path: Path) -> None:
    source = write_clip(
        tmp_path / "in.mkv", [flat(SIZE)] * 50, codec="libx264", audio="flac", clicks=CLICKS[:3]
    )
    cut(source, 0.5)
    with VideoWriter(tmp_path / "out.mp4", fps=25, audio_from=source) as writer:
        for number in range(40):
            writer.write(numbered(number))
    assert len(list(read_frames(tmp_path / "out.mp4"))) == 40


def test_audio_whose_times_jump_back_does_not_cost_the_video(tmp_path: Path) -> None:
    source = write_clip(tmp_path / "in.ts", [flat(SIZE)] * 50, audio="aac", clicks=CLICKS[:3])
    source.write_bytes(source.read_bytes() * 2)
    with VideoWriter(tmp_path / "out.mp4", fps=25, audio_from=source) as writer:
        for number in range(80):
            writer.write(numbered(number % 40))
    assert len(list(read_frames(tmp_path / "out.mp4"))) == 80
    assert clicks_in(tmp_path / "out.mp4")[1] == pytest.approx(CLICKS[:3], abs=2e-3)


def test_audio_from_something_else(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no audio")
    path = tmp_path / "out.mp4"
    with (
        pytest.raises(VideoError, match=r"audio of '.*text\.mp4' cannot be read"),
        VideoWriter(path, fps=25, audio_from=tmp_path / "text.mp4") as writer,
    ):
        writer.write(flat(SIZE))
    assert list(tmp_path.iterdir()) == [tmp_path / "text.mp4"]


def test_name_is_taken_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    path = Path("12:30.mp4")
    path.write_text("the old one")
    writer = VideoWriter(path, fps=25)
    writer.write(flat(SIZE))
    assert path.read_text() == "the old one"
    writer.close()
    assert len(list(read_frames(path))) == 1
    assert list(Path().iterdir()) == [path]
    writer.close()
    with pytest.raises(VideoError, match="is finished"):
        writer.write(flat(SIZE))
    assert list(Path().iterdir()) == [path]


def test_error_in_the_block_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"

    def stop() -> None:
        with VideoWriter(path, fps=25) as writer:
            for number in range(7):
                writer.write(numbered(number))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop()
    assert numbers_of(read_frames(path)) == list(range(7))
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_written_leaves_nothing(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "out.mp4", fps=25):
        pass
    assert list(tmp_path.iterdir()) == []


def test_another_size(tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    with VideoWriter(path, fps=25) as writer:
        writer.write(flat((48, 64)))
        with pytest.raises(VideoError, match=r"frame 1 of .* has 60x48 pixels, but .* has 64x48"):
            writer.write(flat((48, 60)))
        writer.write(flat((48, 64)))
    assert [frame.time for frame in read_frames(path)] == [0, 1 / 25]


@pytest.mark.parametrize("fps", [0, -25, float("nan"), float("inf"), 1e-9])
def test_impossible_rate(tmp_path: Path, fps: float) -> None:
    with pytest.raises(ConfigError, match="fps="):
        VideoWriter(tmp_path / "out.mp4", fps=fps)
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_frame_is_refused_and_the_others_are_kept(tmp_path: Path) -> None:
    with VideoWriter(tmp_path / "a.mp4", fps=25) as writer:
        for odd in (numbered(0)[..., 0], numbered(0) / 255, [[0]]):
            with pytest.raises(FrameError, match=r"give an RGB uint8 array"):
                writer.write(odd)  # type: ignore[arg-type]
            writer.write(numbered(3))
    with read_frames(tmp_path / "a.mp4") as frames:
        assert numbers_of(frames) == [3, 3, 3]


@pytest.mark.parametrize("time", ["x", float("nan"), 1e300, 10**400, -1e12, np.zeros(2)])
def test_what_is_no_time_is_refused(tmp_path: Path, time: Any) -> None:
    with VideoWriter(tmp_path / "a.mp4", fps=25) as writer:
        writer.write(numbered(1), np.int8(2))  # type: ignore[arg-type]
        with pytest.raises(FrameError, match="time="):
            writer.write(numbered(2), time)
        writer.write(numbered(3), 2.5)
    with read_frames(tmp_path / "a.mp4") as frames:
        assert [(number_of(frame.image), frame.time) for frame in frames] == [(1, 0), (3, 0.5)]


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    for path in (tmp_path / "none" / "out.mp4", tmp_path / "file" / "out.mp4", Path("/proc/a.mp4")):
        with pytest.raises(OutputError, match="cannot be written") as raised:
            VideoWriter(path, fps=25)
        assert str(path) in str(raised.value)
        assert "\n" not in str(raised.value)


@pytest.fixture
def small_disk() -> Iterator[None]:
    """Makes writing fail beyond 40,000 bytes a file, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("small_disk")
@pytest.mark.parametrize("count", [10, 400])
def test_full_disk(tmp_path: Path, count: int) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)

    def write() -> None:
        with VideoWriter(tmp_path / "out.mp4", fps=25) as writer:
            for shift in range(count):
                writer.write(np.roll(noise, shift * 1009))

    with pytest.raises(VideoError, match=r"out\.mp4' cannot be written \(File too large\)"):
        write()
    assert list(tmp_path.iterdir()) == []
    assert not [file for file in psutil.Process().open_files() if str(tmp_path) in file.path]
