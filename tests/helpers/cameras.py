"""A camera that can be unplugged: an MJPEG stream over HTTP, on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import cv2

from samtracker.types import Frame


def jpeg(frame: Frame, exif: bytes = b"") -> bytes:
    """Encodes a picture, with these bytes as its EXIF."""
    code = cv2.imencode(".jpg", cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))[1].tobytes()
    content = b"Exif\0\0" + exif
    segment = b"\xff\xe1" + (len(content) + 2).to_bytes(2, "big") + content
    return code[:2] + segment + code[2:] if exif else code


class Camera:
    """Sends frames again and again, so many a second, to whoever connects.

    Args:
        frames: RGB uint8 (H, W, 3).
        fps: frames per second.
        port: to listen on; any that is free by default.
        exif: what each picture says of itself, right or wrong.
        lengths: whether the length of each picture is announced.

    Attributes:
        port: that it listens on.
        sent: frames so far.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        fps: float = 30.0,
        port: int = 0,
        *,
        exif: bytes = b"",
        lengths: bool = True,
    ) -> None:
        self.sent = 0
        self._codes = [jpeg(frame, exif) for frame in frames]
        self._lengths = lengths
        self._fps = fps
        self._stopping = threading.Event()
        camera = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                camera.serve(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """To open it with."""
        return f"http://127.0.0.1:{self.port}/"

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        """Sends frames until the camera stops or the other side hangs up."""
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        begin, count = time.monotonic(), 0
        try:
            while not self._stopping.wait(max(begin + count / self._fps - time.monotonic(), 0)):
                code = self._codes[count % len(self._codes)]
                head = "--frame\r\nContent-Type: image/jpeg\r\n"
                if self._lengths:
                    head += f"Content-Length: {len(code)}\r\n"
                request.wfile.write(f"{head}\r\n".encode() + code + b"\r\n")
                request.wfile.flush()
                count += 1
                self.sent += 1
        except OSError:
            pass  # the other side has hung up

    def stop(self) -> None:
        """Unplugs it."""
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
