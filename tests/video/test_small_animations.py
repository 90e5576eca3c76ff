"""GIFs and WebMs for people who look, read by Pillow and by FFmpeg's own VP9."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

from samtracker.video.read import read_frames
from samtracker.video.write import GifWriter, WebmWriter
from tests.helpers.clips import SIZE, numbered


def test_a_gif_has_the_colors_and_the_length_of_the_video(tmp_path: Path) -> None:
    picture = numbered(0)
    picture[10:40, 20:60] = (200, 40, 90)
    with GifWriter(tmp_path / "a.gif", fps=25) as video:
        for number in range(10):
            video.write(np.roll(picture, number, axis=1), number / 25)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == SIZE[::-1]
        lengths = []
        for number in range(gif.n_frames):  # type: ignore[attr-defined]
            gif.seek(number)
            lengths.append(gif.info["duration"])
            shown = np.asarray(gif.convert("RGB")).astype(int)
            wanted = np.roll(picture, 2 * number, axis=1).astype(int)
            assert np.abs(shown - wanted).mean() < 8
            assert np.abs(shown[25, 40 + 2 * number] - (200, 40, 90)).max() < 8
    # At most 15 a second: every other one of 25.
    assert lengths[:-1] == [80] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_a_gif_is_small(tmp_path: Path) -> None:
    with GifWriter(tmp_path / "a.gif", fps=5) as video:
        for number in range(2):
            video.write(np.full((700, 960, 3), 80 * number, np.uint8), number / 5)
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.size == (480, 350)


def test_a_webm_is_transparent_outside_the_mask(tmp_path: Path) -> None:
    picture = np.full((61, 81, 3), (200, 40, 90), np.uint8)  # odd: it is padded
    with WebmWriter(tmp_path / "a.webm", fps=25) as video:
        masks = []
        for number in range(6):
            mask = np.zeros((61, 81), bool)
            mask[10:40, 10 + number : 50] = True
            video.write(picture, mask, number / 10)
            masks.append(mask)
    # Transparency is a video of its own beside each frame, which FFmpeg's own decoder leaves out.
    colors, transparency = (av.codec.CodecContext.create("vp9", "r") for _ in range(2))
    assert isinstance(colors, av.VideoCodecContext)
    assert isinstance(transparency, av.VideoCodecContext)
    shown, alpha = [], []
    with av.open(f"file:{tmp_path / 'a.webm'}") as video_file:
        stream = video_file.streams.video[0]
        assert stream.metadata["alpha_mode"] == "1"
        for packet in video_file.demux(stream):
            beside = b"".join(map(bytes, packet.iter_sidedata()))
            assert beside[:8] == (1).to_bytes(8, "big") or not packet.size
            shown += colors.decode(packet)
            alpha += transparency.decode(av.Packet(beside[8:]) if packet.size else None)
    assert [round(frame.time, 3) for frame in shown] == [n / 10 for n in range(6)]
    for frame, opacity, mask in zip(shown, alpha, masks, strict=True):
        opaque = opacity.to_ndarray(format="gray")[:61, :81] > 127
        assert np.mean(opaque == mask) > 0.99
        inside = mask & np.roll(mask, 3, axis=1) & np.roll(mask, -3, axis=1)
        pixels = frame.to_ndarray(format="rgb24")[:61, :81].astype(int)
        assert np.abs(pixels[inside] - (200, 40, 90)).mean() < 8


def test_pixels_become_square(tmp_path: Path) -> None:
    wide, picture = Fraction(4, 3), np.zeros((60, 90, 3), np.uint8)
    with WebmWriter(tmp_path / "a.webm", fps=25, sample_aspect_ratio=wide) as video:
        video.write(picture, picture[..., 0] > 0)
    with GifWriter(tmp_path / "a.gif", fps=25, sample_aspect_ratio=wide) as gif:
        gif.write(picture, 0)
    for name in ("a.webm", "a.gif"):
        with read_frames(tmp_path / name) as frames:
            assert frames.info.size == (60, 120)
