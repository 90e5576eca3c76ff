import contextlib
import gc
import hashlib
import re
import resource
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from samtracker.checkpoints.download import download
from samtracker.checkpoints.manifest import WeightEntry
from samtracker.errors import DownloadError, WeightsError

CONTENT = hashlib.shake_256(b"weights").digest(300_000)
FILE = "tiny.pth"


class Server(ThreadingHTTPServer):
    """Serves one file and keeps a record of what it was asked for and what it sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.ranges = True  # whether it can resume
        self.cut: int | None = None  # closes the connection after so many bytes
        self.served: list[tuple[str | None, int, int]] = []  # Range header, status, bytes sent

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        wanted = self.headers["Range"]
        start, status = 0, 200
        if wanted and server.ranges:
            match = re.fullmatch(r"bytes=(\d+)-", wanted)
            assert match is not None
            start, status = int(match[1]), 206
        if self.path == "/garbage":
            self.wfile.write(b"what\r\nis this\r\n")
        elif self.path == "/lost":
            self.answer(302, wanted, b"", Location="http://[::1")
        elif self.path == "/range":
            self.answer(416, wanted, b"")
        elif self.path == "/moved":
            self.answer(302, wanted, b"", Location=f"/{FILE}")
        elif self.path != f"/{FILE}":
            self.answer(404, wanted, b"")
        elif start >= len(server.content):
            self.answer(416, wanted, b"")
        elif status == 206:
            end = len(server.content)
            span = f"bytes {start}-{end - 1}/{end}"
            self.answer(206, wanted, server.content[start:], Content_Range=span)
        else:
            self.answer(200, wanted, server.content)

    def answer(self, status: int, wanted: str | None, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        sent = body[: self.server.cut]
        self.server.served.append((wanted, status, len(sent)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):  # the client may leave before the end
            self.wfile.write(sent)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "new"


def entry(source: str, *, size: int = len(CONTENT)) -> WeightEntry:
    return WeightEntry(
        name="tiny",
        file=FILE,
        encoder="lite",
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        size=size,
        licence="Apache-2.0",
        source=source,
        description="random bytes",
    )


def fetch(server: Server, folder: Path, path: str = f"/{FILE}") -> Path:
    return download("tiny", folder=folder, entries={"tiny": entry(server.url + path)})


def failure(server: Server, folder: Path, path: str = f"/{FILE}") -> str:
    """What a download says that must fail; nothing gets the final name."""
    with pytest.raises(DownloadError) as caught:
        fetch(server, folder, path)
    message = str(caught.value)
    assert "\n" not in message
    assert "run it again" in message
    assert server.url + path in message
    assert not (folder / FILE).exists()
    return message


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file grow beyond so many bytes: what a full disk does to a writer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_download_once(server: Server, folder: Path) -> None:
    path = fetch(server, folder)
    assert path == folder / FILE
    assert path.read_bytes() == CONTENT
    assert names(folder) == [FILE]
    assert fetch(server, folder) == path
    assert server.served == [(None, 200, 300_000)]  # the second call asked for nothing


def test_download_goes_to_the_cache(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMTRACKER_HOME", str(tmp_path / "home"))
    path = download("tiny", entries={"tiny": entry(f"{server.url}/{FILE}")})
    assert path == tmp_path / "home" / FILE
    assert path.read_bytes() == CONTENT


def test_a_broken_download_is_resumed(server: Server, folder: Path) -> None:
    server.cut = 40_000
    assert "40000 of 300000 bytes came; run it again to resume" in failure(server, folder)
    assert (folder / f"{FILE}.part").read_bytes() == CONTENT[:40_000]
    assert "80000 of 300000 bytes" in failure(server, folder)
    server.cut = None
    assert fetch(server, folder).read_bytes() == CONTENT
    assert names(folder) == [FILE]
    assert server.served == [
        (None, 200, 40_000),
        ("bytes=40000-", 206, 40_000),
        ("bytes=80000-", 206, 220_000),
    ]


def test_a_server_that_cannot_resume_sends_all_again(server: Server, folder: Path) -> None:
    server.ranges = False
    server.cut = 40_000
    failure(server, folder)
    server.cut = None
    assert fetch(server, folder).read_bytes() == CONTENT
    assert server.served == [(None, 200, 40_000), ("bytes=40000-", 200, 300_000)]


def test_a_complete_part_needs_no_server(server: Server, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{FILE}.part").write_bytes(CONTENT)
    assert fetch(server, folder).read_bytes() == CONTENT
    assert server.served == []


def test_a_tampered_file_is_refused_and_a_retry_starts_clean(server: Server, folder: Path) -> None:
    server.content = CONTENT[:-1] + b"!"
    assert "is not the file that the manifest names" in failure(server, folder)
    assert names(folder) == []
    server.content = CONTENT
    assert fetch(server, folder).read_bytes() == CONTENT
    assert server.served == [(None, 200, 300_000)] * 2


def test_a_tampered_part_is_refused_and_a_retry_starts_clean(server: Server, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{FILE}.part").write_bytes(bytes(1000))
    assert "is not the file" in failure(server, folder)
    assert names(folder) == []
    assert fetch(server, folder).read_bytes() == CONTENT


def test_a_shorter_file_on_the_server_is_found_out(server: Server, folder: Path) -> None:
    server.content = CONTENT[:1000]
    assert "1000 of 300000 bytes" in failure(server, folder)
    assert "is not the file" in failure(server, folder)
    assert names(folder) == []
    assert server.served == [(None, 200, 1000), ("bytes=1000-", 416, 0)]


def test_a_longer_file_on_the_server_is_not_read_to_its_end(server: Server, folder: Path) -> None:
    server.content = CONTENT * 100
    with largest_file(2_000_000):
        assert "is not the file" in failure(server, folder)
    assert names(folder) == []


def test_size_and_hash_must_both_be_right(server: Server, folder: Path) -> None:
    wrong = {"tiny": entry(f"{server.url}/{FILE}", size=len(CONTENT) - 1)}
    with pytest.raises(WeightsError, match=r"is not the file .* \(299999 bytes"):
        download("tiny", folder=folder, entries=wrong)
    assert names(folder) == []


def test_a_file_with_another_hash_is_replaced(server: Server, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / FILE).write_bytes(b"damaged")
    assert fetch(server, folder).read_bytes() == CONTENT
    assert names(folder) == [FILE]


def test_redirections_are_followed_and_resumed(server: Server, folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{FILE}.part").write_bytes(CONTENT[:100_000])
    assert fetch(server, folder, "/moved").read_bytes() == CONTENT
    assert server.served[-1] == ("bytes=100000-", 206, 200_000)


def test_no_such_file_on_the_server(server: Server, folder: Path) -> None:
    message = failure(server, folder, "/nothing.pth")
    assert "HTTP Error 404: Not Found" in message
    assert f"or save {server.url}/nothing.pth as {folder / FILE}" in message
    assert names(folder) == []


def test_a_server_that_does_not_speak_http(server: Server, folder: Path) -> None:
    assert "stopped: what; run it again" in failure(server, folder, "/garbage")


def test_a_server_that_refuses_what_was_not_asked_for(server: Server, folder: Path) -> None:
    assert "HTTP Error 416" in failure(server, folder, "/range")
    assert names(folder) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_server_that_sends_on_to_no_address(server: Server, folder: Path) -> None:
    assert "stopped: Invalid IPv6 URL; run it again" in failure(server, folder, "/lost")
    gc.collect()  # urllib leaves the answer open


def test_no_connection(folder: Path) -> None:
    with socket.socket() as closed:  # a port that nobody listens on
        closed.bind(("127.0.0.1", 0))
        source = f"http://127.0.0.1:{closed.getsockname()[1]}/{FILE}"
        with pytest.raises(WeightsError, match=r"Connection refused.*; run it again to resume"):
            download("tiny", folder=folder, entries={"tiny": entry(source)})


def test_a_full_disk(server: Server, folder: Path) -> None:
    with largest_file(200_000):
        assert "File too large" in failure(server, folder)
    assert fetch(server, folder).read_bytes() == CONTENT
    assert server.served[-1] == ("bytes=200000-", 206, 100_000)


def test_a_folder_that_cannot_be(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WeightsError, match=r"Not a directory|File exists"):
        fetch(server, tmp_path / "file" / "folder")
    assert server.served == []


def test_an_unknown_name() -> None:
    with pytest.raises(WeightsError, match="'vit_x'; choose one of lite, propagation, vit_b"):
        download("vit_x")


def test_packaged_weights_are_only_checked(tmp_path: Path) -> None:
    path = download("lite", folder=tmp_path)
    assert path.name == "lite.safetensors"
    assert list(tmp_path.iterdir()) == []
