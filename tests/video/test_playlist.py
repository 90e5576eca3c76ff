"""HLS playlists, as files and from a web server on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from samtracker.errors import VideoError
from samtracker.video.live_source import LiveSource
from samtracker.video.read import read_frames
from tests.corpus.streams import write_hls, write_master
from tests.helpers.clips import numbered, numbers_of
from tests.helpers.web_server import WebServer

NUMBERS = list(range(40))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With stream.m3u8, eight segments of five frames."""
    folder = tmp_path_factory.mktemp("hls")
    write_hls(folder, [numbered(number) for number in NUMBERS])
    return folder


@pytest.fixture
def server(folder: Path) -> Iterator[WebServer]:
    with WebServer(folder) as server:
        yield server


def test_a_finished_playlist_is_a_video(folder: Path, server: WebServer) -> None:
    for source in (folder / "stream.m3u8", f"{server.url}stream.m3u8"):
        with read_frames(source) as frames:
            assert not frames.is_live
            assert frames.info.duration == pytest.approx(1.6)
            assert numbers_of(frames) == NUMBERS
            assert not frames.truncated


def test_a_playlist_in_a_file_that_is_cut_off_ends(folder: Path) -> None:
    cut = folder / "cut.m3u8"
    cut.write_text((folder / "stream.m3u8").read_text().partition("stream6.ts")[0])
    with read_frames(cut) as frames:
        assert numbers_of(frames) == NUMBERS[:30]


def test_the_largest_variant_is_read_and_no_other(folder: Path, server: WebServer) -> None:
    small = [np.ascontiguousarray(numbered(0)[:24, :32])] * 5
    write_hls(folder, small, name="small")
    variants = {
        "small.m3u8": "BANDWIDTH=900000,RESOLUTION=32x24",
        "stream.m3u8": "RESOLUTION=64x48,BANDWIDTH=200000",
        "other.m3u8": "RESOLUTION=64x48,AVERAGE-BANDWIDTH=300000,BANDWIDTH=100000",
    }
    write_master(folder / "master.m3u8", variants)
    for source in (folder / "master.m3u8", f"{server.url}master.m3u8"):
        with read_frames(source) as frames:
            assert numbers_of(frames) == NUMBERS
    assert not {"/small.m3u8", "/small0.ts", "/other.m3u8"} & set(server.requests)


LISTS = {
    "itself.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nitself.m3u8\n",
    "round.m3u8": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nitself.m3u8\n",
    "segment.m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nsegment.m3u8\n#EXT-X-ENDLIST\n",
    "list.ffconcat": "ffconcat version 1.0\nfile list.ffconcat\n",
    "many.m3u8": "#EXTM3U\n" + "#EXT-X-STREAM-INF:BANDWIDTH=1\nnone.m3u8\n" * 5000,
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_that_names_itself_costs_few_requests(
    folder: Path, server: WebServer, name: str
) -> None:
    (folder / name).write_text(LISTS[name])
    for source in (folder / name, f"{server.url}{name}"):
        with pytest.raises(VideoError, match=r"playlist|is a list of videos|cannot be read"):
            read_frames(source)
    assert sum(server.requests.values()) <= 6


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXT-X-TARGETDURATION:1\n#EXTINF:0.2,\n{segment}\n#EXT-X-ENDLIST\n",
        "#EXT-X-TARGETDURATION:1\n#EXTINF:0.2,\nfile:{segment}\n#EXT-X-ENDLIST\n",
        "#EXT-X-STREAM-INF:BANDWIDTH=1\nfile://{folder}/stream.m3u8\n",
        '#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI="file:{segment}"\n'
        "#EXTINF:0.2,\nstream0.ts\n#EXT-X-ENDLIST\n",
        '#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="file:{segment}"\n'
        "#EXTINF:0.2,\nstream0.ts\n#EXT-X-ENDLIST\n",
    ],
)
def test_a_playlist_from_the_web_opens_no_file_here(
    folder: Path, server: WebServer, playlist: str
) -> None:
    text = playlist.format(folder=folder, segment=folder / "stream0.ts")
    (folder / "prying.m3u8").write_text(f"#EXTM3U\n{text}")
    with pytest.raises(VideoError, match="a playlist from the web may only name web addresses"):
        read_frames(f"{server.url}prying.m3u8")


def test_a_playlist_in_a_file_opens_nothing_on_the_web(folder: Path, server: WebServer) -> None:
    for name, text in {
        "segments.m3u8": f"#EXT-X-TARGETDURATION:1\n#EXTINF:0.2,\n{server.url}stream0.ts\n",
        "playlists.m3u8": f"#EXT-X-STREAM-INF:BANDWIDTH=1\n{server.url}stream.m3u8\n",
    }.items():
        (folder / name).write_text(f"#EXTM3U\n{text}")
        with pytest.raises(VideoError, match="and one in a file only files"):
            read_frames(folder / name)
    assert not server.requests


class Broadcast:
    """A playlist `live.m3u8` that gets longer; it starts with the first three segments."""

    def __init__(self, folder: Path) -> None:
        self._playlist = folder / "live.m3u8"
        whole = (folder / "stream.m3u8").read_text().replace("#EXT-X-PLAYLIST-TYPE:VOD\n", "")
        self._head, *self._segments = whole.replace("TION:0", "TION:1").split("#EXTINF")
        self._segments[-1] = self._segments[-1].replace("#EXT-X-ENDLIST\n", "")
        self.show(3)

    def show(self, count: int, *, over: bool = False) -> None:
        """Names the first segments, and whether there will be no more."""
        new = self._playlist.with_suffix(".new")
        text = "#EXTINF".join([self._head, *self._segments[:count]])
        new.write_text(text + "#EXT-X-ENDLIST\n" * over)
        new.replace(self._playlist)

    def run(self) -> None:
        """Adds the other segments, each when it has been recorded, then says that it is over."""
        for count in range(4, len(self._segments) + 1):
            time.sleep(0.2)
            self.show(count)
        self.show(len(self._segments), over=True)


def test_a_live_playlist_is_played_from_its_end_and_at_its_speed(
    folder: Path, server: WebServer
) -> None:
    feed = threading.Thread(target=Broadcast(folder).run)
    feed.start()
    times = {}
    with LiveSource(f"{server.url}live.m3u8") as source:
        while not source.ended:
            frame = source.read(1.0)
            if frame is not None:
                times[frame.index] = frame.time
    feed.join()
    # The third segment was the last one at first; what is over by now is not played again.
    assert (source.failure, source.reconnects) == (None, 0)
    assert source.received in range(5, 31, 5)
    last = max(times)
    assert times[last] >= last / 25 - 0.1
