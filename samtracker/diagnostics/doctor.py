"""An examination of this machine: what it can do for the tracker."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

import cv2
import numpy as np
import psutil
import torch

from samtracker._version import __version__
from samtracker.backends.choice import is_there
from samtracker.checkpoints.manifest import manifest, verify
from samtracker.config import BACKENDS
from samtracker.diagnostics.extras import EXTRAS, lacking
from samtracker.errors import SamTrackerError, VideoError
from samtracker.opencv.builds import BUILDS, conflict, installed
from samtracker.process_settings import waiting
from samtracker.tracker import Tracker
from samtracker.video.codecs import has_codec
from samtracker.video.read import read_frames

ENCODERS: Final = {"libx264": "writes overlays", "prores_ks": "writes alpha"}
DECODERS: Final = ("h264", "hevc", "vp9", "av1")

CAMERAS: Final = 4
"""Number of cameras that are tried, from 0."""

STEPS: Final = 8
"""Number of frames to measure the speed with, the first one included."""


@dataclass(frozen=True)
class Finding:
    """One line of the report.

    Attributes:
        topic: What was looked at.
        text: What was found.
        fine: False if something is missing that the tracker needs.
    """

    topic: str
    text: str
    fine: bool = True


def examine() -> Iterator[Finding]:
    """Yield findings, the quickest first; measuring the speed takes some seconds."""
    memory = psutil.virtual_memory()
    yield Finding("samtracker", f"{__version__}, Python {platform.python_version()}")
    pyav = version("av")
    yield Finding("libraries", f"torch {torch.__version__}, PyAV {pyav}")
    yield _opencv()
    yield Finding(
        "processor",
        f"{os.cpu_count()} cores, {torch.get_num_threads()} threads in use, "
        f"{memory.available / 2**30:.1f} of {memory.total / 2**30:.1f} GiB free",
    )
    yield Finding("waiting threads", waiting())
    engines = [name for name in BACKENDS if name != "auto" and is_there(name)]
    yield Finding("backends", ", ".join(engines))
    if torch.cuda.is_available():
        yield Finding("gpu", torch.cuda.get_device_name())
    for name, purpose in ENCODERS.items():
        found = has_codec(name, "w")
        yield Finding(f"codec {name}", purpose if found else f"missing, {purpose}", found)
    decoders = [name for name in DECODERS if has_codec(name, "r")]
    yield Finding("codecs read", ", ".join(decoders), "h264" in decoders)
    yield _cameras()
    yield from _weights()
    yield from _extras()
    yield from _speed()


def _opencv() -> Finding:
    """Name the build of OpenCV, and whether it has windows."""
    build = ", ".join(installed()) or "of this system"
    windows = "with" if cv2.currentUIFramework() else "without"
    text = f"{cv2.__version__}, {build}, {windows} windows"
    return Finding("OpenCV", conflict() or text, not conflict())


def _extras() -> Iterator[Finding]:
    """Say of each extra whether it is there, what it brings and how to get it."""
    for extra, purpose in EXTRAS.items():
        missing = lacking(extra)
        other = " ".join(installed()) if {*missing} & {*BUILDS} else ""  # in whose place it comes
        first = f"pip uninstall {other}, then " if other else ""
        way = f"; without {', '.join(missing)}: {first}pip install 'samtracker[{extra}]'"
        yield Finding(f"extra {extra}", purpose + (way if missing else ""))


def _cameras() -> Finding:
    found = []
    for number in range(CAMERAS):
        try:
            with read_frames(number) as reader:
                height, width = reader.info.size
                found.append(f"{number} ({width}x{height})")
        except VideoError:
            continue
    return Finding("cameras", ", ".join(found) or f"none of 0 to {CAMERAS - 1}")


def _weights() -> Iterator[Finding]:
    for entry in manifest().values():
        if not entry.path.is_file():
            missing = entry.source == "packaged"
            yield Finding(f"weights {entry.name}", f"not here; {entry.remedy}", not missing)
            continue
        try:
            verify(entry.name)
            yield Finding(f"weights {entry.name}", f"genuine, {entry.path}")
        except SamTrackerError as error:
            yield Finding(f"weights {entry.name}", str(error), False)


def _speed() -> Iterator[Finding]:
    """Track a square through noise at the working size of `lite`."""
    tracker = Tracker.from_pretrained("lite")
    runtime = tracker.runtime
    where = f"{runtime.device.type}, {runtime.precision_name}, {runtime.backend.name}"
    yield Finding("device", where)
    noise = np.random.default_rng(0).integers(0, 255, (480, 854, 3)).astype(np.uint8)
    noise = cv2.GaussianBlur(noise, (0, 0), 4).astype(np.uint8)
    times = []
    for index in range(STEPS):
        left = 300 + 4 * index
        frame = noise.copy()
        frame[160:320, left : left + 160] = 255 - frame[160:320, left : left + 160]
        if index == 0:
            tracker.init(frame, mask=np.pad(np.ones((160, 160), bool), ((160, 160), (300, 394))))
            continue
        begin = time.perf_counter()
        tracker.step(frame)
        times.append(time.perf_counter() - begin)
    fps = 1 / float(np.median(times))
    yield Finding("speed", f"about {fps:.1f} frames a second for one object, lite at 480")
