"""Reading all but files: images, cameras and URLs; and what is no source at all."""

from __future__ import annotations

import functools
import itertools
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from samtracker.errors import VideoError
from samtracker.video.read import VideoInfo, read_frames
from tests.helpers.clips import SIZE, cut, numbered, numbers_of, write_clip


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """A folder of numbered images whose names do not sort as strings."""
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(12):
        Image.fromarray(numbered(number)).save(folder / f"frame{number}.png")
    return folder


def test_image_folder(images: Path) -> None:
    (images / "notes.txt").write_text("not an image")
    (images / ".hidden.png").write_bytes(b"")
    frames = read_frames(images)
    assert frames.info == VideoInfo(size=SIZE, fps=25.0, frames=12, duration=0.48)
    assert frames.path is None
    seen = list(frames)
    assert [(frame.index, frame.time) for frame in seen] == [(i, i / 25) for i in range(12)]
    for number, frame in enumerate(seen):
        np.testing.assert_array_equal(frame.image, numbered(number))
        assert frame.image.flags.writeable


def test_image_pattern(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert numbers_of(read_frames(str(images / "frame1*.png"))) == [1, 10, 11]
    monkeypatch.chdir(images)
    assert numbers_of(read_frames("frame[2-5].*", start=0.04, stride=2)) == [3, 5]


@pytest.mark.parametrize("suffix", ["bmp", "jpeg", "JPG", "png", "ppm", "tif", "tiff", "webp"])
def test_image_formats(tmp_path: Path, suffix: str) -> None:
    Image.fromarray(numbered(30)).save(tmp_path / f"1.{suffix}")
    assert numbers_of(read_frames(tmp_path)) == [30]


def test_images_are_shown_as_a_viewer_does(tmp_path: Path) -> None:
    orientation = Image.Exif()
    orientation[0x0112] = 6  # turn clockwise
    picture = numbered(5)
    picture[:10] = 255
    Image.fromarray(picture).save(tmp_path / "1.png", exif=orientation)
    deep = np.full((64, 48), 150 * 257, np.uint16)
    Image.fromarray(deep).save(tmp_path / "2.png")
    alpha = np.full((64, 48, 4), (10, 20, 30, 0), np.uint8)
    Image.fromarray(alpha).save(tmp_path / "3.png")
    turned, gray, plain = read_frames(tmp_path)
    np.testing.assert_array_equal(turned.image, np.rot90(picture, -1))
    np.testing.assert_array_equal(gray.image, np.full((64, 48, 3), 150))
    np.testing.assert_array_equal(plain.image, alpha[..., :3])


def test_damaged_images_are_skipped_and_counted(images: Path) -> None:
    for number in (0, 4):
        cut(images / f"frame{number}.png", 0.5)
    (images / "frame7.png").write_text("not an image")
    frames = read_frames(images)
    assert [frame.index for frame in frames] == [1, 2, 3, 5, 6, 8, 9, 10, 11]
    assert frames.unreadable == 3


def test_images_of_different_size(images: Path) -> None:
    Image.fromarray(np.zeros((30, 20, 3), np.uint8)).save(images / "frame3.png")
    frames = read_frames(images)
    with pytest.raises(VideoError, match=r"frame3\.png' has 20x30 pixels.* first frame has 64x48"):
        list(frames)


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


@pytest.mark.parametrize("source", [99, "99", "/dev/video99", Path("/dev/video99")])
def test_no_such_camera(source: int | str | Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(VideoError, match="camera 99 cannot be opened"):
        read_frames(source)
    assert capfd.readouterr() == ("", "")


def test_camera(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = np.full((*SIZE, 3), (200, 40, 90), np.uint8)
    path = write_clip(tmp_path / "a.avi", [image] * 5, codec="mpeg4", options={"qscale": "1"})
    capture = cv2.VideoCapture(str(path))  # OpenCV reads it as it would a camera
    monkeypatch.setattr(cv2, "VideoCapture", lambda index: capture)
    with read_frames("0") as frames:
        assert frames.info == VideoInfo(size=SIZE, fps=25.0, frames=None, duration=None)
        seen = list(frames)
    assert [frame.index for frame in seen] == [0, 1, 2, 3, 4]
    assert seen[0].time == 0
    assert all(one.time < other.time for one, other in itertools.pairwise(seen))
    assert np.abs(seen[0].image.astype(int) - (200, 40, 90)).max() <= 4
    assert frames.truncated
    assert not capture.isOpened()


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
