"""A camera in a process of its own, which can be killed, and the films that it shows."""

from __future__ import annotations

import ctypes
import multiprocessing
import sys
import time
from collections.abc import Callable
from multiprocessing.queues import SimpleQueue
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path

from footage import demo_frames

from samtracker.types import Frame, Mask

sys.path.append(str(Path(__file__).parents[1]))
from tests.helpers.cameras import Camera
from tests.helpers.scenes import BLUE, RED, film

Film = Callable[[], tuple[list[Frame], dict[int, Mask]]]

_SPAWN = multiprocessing.get_context("spawn")


class RemoteCamera:
    """An MJPEG stream over HTTP from another process.

    Args:
        film: Returns the frames that it plays again and again and the objects in the first one;
            it can be pickled.
        fps: Frames per second.
        port: Port to listen on; 0 takes any that is free.

    Attributes:
        port: Port that it listens on.
    """

    def __init__(self, film: Film, fps: float, port: int = 0) -> None:
        self._sent = _SPAWN.Value(ctypes.c_long, 0)
        ports: SimpleQueue[int] = _SPAWN.SimpleQueue()
        self._process = _SPAWN.Process(
            target=_serve, args=(film, fps, port, ports, self._sent), daemon=True
        )
        self._process.start()
        self.port = ports.get()

    @property
    def url(self) -> str:
        """Address to open it with."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def sent(self) -> int:
        """Number of frames so far, but for those of the last 10 ms."""
        return int(self._sent.value)

    def kill(self) -> None:
        """End the process without any farewell."""
        self._process.kill()
        self._process.join()


def demo() -> tuple[list[Frame], dict[int, Mask]]:
    """Return the demo clip forward and back, and the rabbit."""
    frames, masks = demo_frames()
    return [*frames, *frames[-2:0:-1]], masks


def two_balls() -> tuple[list[Frame], dict[int, Mask]]:
    """Return one picture and its two objects."""
    (shot,) = film([RED, BLUE], 1)
    return [shot.frame], {1: shot.mask(1), 2: shot.mask(2)}


def _serve(
    film: Film,
    fps: float,
    port: int,
    ports: SimpleQueue[int],
    sent: Synchronized[int],
) -> None:
    camera = Camera(film()[0], fps=fps, port=port)
    ports.put(camera.port)
    while True:
        time.sleep(0.01)
        sent.value = camera.sent
