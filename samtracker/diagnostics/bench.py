"""A benchmark of the tracker: where the time of a step goes on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from samtracker.checkpoints.load import load_network
from samtracker.config import ModelConfig, TrackerConfig
from samtracker.data.photos import paint
from samtracker.diagnostics.watched_backend import WatchedBackend
from samtracker.model.network import Network
from samtracker.peak_memory import Peak
from samtracker.tracker import Tracker
from samtracker.types import Frame, Mask

STAGES: Final = ("encode", "match", "decode", "post-process")
"""The stages of a step: frame to embedding, with resizing; search and prompt maps; attention and
SAM's mask decoder; masks at frame size and memory."""

MOST_OBJECTS: Final = 32
"""Largest number of objects in a case."""

WARM_UP: Final = 5
"""Number of steps before those that are timed."""

TimeJob = Callable[[Tracker, Iterator[tuple[Frame, dict[int, Mask]]], int], float]
"""Tracks a clip, frames and masks, by a whole job; returns the ms that each frame takes after some
first ones."""

_SIZE = (480, 854)  # of the frames
_COLUMNS = 8  # of the grid that the objects stand in


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case to time.

    Attributes:
        encoder: Name of the encoder, of `ENCODERS`; lite has its weights, SAM's random ones.
        size: Working size, see `TrackerConfig`; None for the encoder's own.
        objects: Number of objects, 1 to `MOST_OBJECTS`.
        backend: What computes it, see `Tracker`.
    """

    encoder: str
    size: int | None
    objects: int
    backend: str = "auto"

    def __str__(self) -> str:
        objects = "1 object" if self.objects == 1 else f"{self.objects} objects"
        backend = "" if self.backend == "auto" else f", {self.backend}"
        return f"{self.encoder} {self.size or 'own size'}, {objects}{backend}"


@dataclass(frozen=True, kw_only=True)
class Timing:
    """The time and memory that a case took.

    Attributes:
        case: The case.
        backend: Name of the backend in use.
        milliseconds: Times of each step, by stage and for the whole "step".
        peak_memory_mb: Largest memory in MB, see `Peak`.
        job: Time of a frame in a whole job; None if none was timed.
    """

    case: Case
    backend: str
    milliseconds: dict[str, list[float]]
    peak_memory_mb: dict[str, int]
    job: float | None = None

    def percentile(self, stage: str, percent: int) -> float:
        """Return a percentile of the time of a stage, or of the whole "step", in ms."""
        return float(np.percentile(self.milliseconds[stage], percent))

    def to_dict(self) -> dict[str, Any]:
        """Return the medians and 95th percentiles in ms, for tables and JSON."""
        row: dict[str, Any] = {
            "encoder": self.case.encoder,
            "size": self.case.size,
            "objects": self.case.objects,
            "backend": self.backend,
        }
        for stage in (*STAGES, "step"):
            row[f"{stage}_p50"] = round(self.percentile(stage, 50), 2)
            row[f"{stage}_p95"] = round(self.percentile(stage, 95), 2)
        row["fps"] = round(1000 / self.percentile("step", 50), 2)
        if self.job is not None:
            row["job_fps"] = round(1000 / self.job, 2)
            row["job_share"] = round(float(np.mean(self.milliseconds["step"])) / self.job, 3)
        return {**row, "peak_memory_mb": self.peak_memory_mb}


def bench(
    case: Case,
    *,
    steps: int,
    device: str = "auto",
    precision: str = "auto",
    job: TimeJob | None = None,
) -> Timing:
    """Time some steps after a warm-up, on a painted clip of 854x480.

    Args:
        case: Case to time.
        steps: Number of steps to time.
        device: Device of the tracker, see `Tracker`.
        precision: Precision of the tracker, see `Tracker`.
        job: Times a whole job with as many steps; None for none.

    Raises:
        ConfigError: The encoder, size, device or precision does not exist or fit.
    """
    config = TrackerConfig(size=case.size)
    model = ModelConfig(encoder=case.encoder)
    network = load_network("lite") if case.encoder == "lite" else Network(model)
    tracker = Tracker(network, config, device=device, precision=precision, backend=case.backend)
    stages: dict[str, list[float]] = {stage: [] for stage in (*STAGES, "step")}
    peak = Peak()
    length = WARM_UP + steps + 1
    (first, masks), *others = _clip(case.objects, length)
    tracker.init(first, mask=masks)
    with _watched(tracker) as marks:
        for number, (frame, _) in enumerate(others):
            marks.clear()
            begin = _now(tracker.runtime.device)
            tracker.step(frame)
            end = _now(tracker.runtime.device)
            peak.sample()
            if number >= WARM_UP:
                for stage, seconds in _split(begin, marks, end).items():
                    stages[stage].append(1000 * seconds)
    whole = None if job is None else job(tracker, _clip(case.objects, length), WARM_UP)
    return Timing(
        case=case,
        backend=tracker.runtime.backend.name,
        milliseconds=stages,
        peak_memory_mb=peak.megabytes,
        job=whole,
    )


def draw(timings: list[Timing], path: Path) -> None:
    """Draw stacked bars of the stages' medians, with the step's 95th percentile, as PNG.

    Args:
        timings: Timings to show.
        path: File to write.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 1.4 + 0.45 * len(timings)), layout="constrained")
    axes = figure.subplots()
    names = [str(timing.case) for timing in timings]
    left = np.zeros(len(timings))
    for stage in STAGES:
        widths = np.array([timing.percentile(stage, 50) for timing in timings])
        axes.barh(names, widths, left=left, label=stage)
        left += widths
    slow = [timing.percentile("step", 95) for timing in timings]
    axes.plot(slow, names, "k|", markersize=14, label="step, 95th percentile")
    axes.set_xlabel("ms per frame")
    axes.invert_yaxis()
    figure.legend(ncols=5, fontsize="small", loc="outside upper center")
    figure.savefig(path, dpi=120)


@contextmanager
def _watched(tracker: Tracker) -> Iterator[list[tuple[str, float]]]:
    """Note when the encoder ends, and when the decoder begins and ends."""
    marks: list[tuple[str, float]] = []

    def note(name: str) -> None:
        marks.append((name, _now(tracker.runtime.device)))

    backend = tracker.runtime.backend
    tracker.runtime.backend = WatchedBackend(backend, note)
    try:
        yield marks
    finally:
        tracker.runtime.backend = backend


def _split(begin: float, marks: list[tuple[str, float]], end: float) -> dict[str, float]:
    """Return seconds by stage; objects with crops of several sizes decode in several calls."""
    (_, encoded), *calls = marks
    starts, ends = [time for _, time in calls[::2]], [time for _, time in calls[1::2]]
    decode = sum(ends) - sum(starts)
    return {
        "encode": encoded - begin,
        "match": ends[-1] - encoded - decode,
        "decode": decode,
        "post-process": end - ends[-1],
        "step": end - begin,
    }


def _now(device: torch.device) -> float:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def _clip(objects: int, length: int) -> Iterator[tuple[Frame, dict[int, Mask]]]:
    """Yield frames with painted discs that sway in a grid, and the masks of the discs."""
    rng = np.random.default_rng(0)
    wall, skin = paint(_SIZE, rng), paint(_SIZE, rng)
    rows = -(-objects // _COLUMNS)
    columns = -(-objects // rows)
    y, x = np.mgrid[: _SIZE[0], : _SIZE[1]]
    pitch = _SIZE[0] / rows, _SIZE[1] / columns
    radius = min(0.3 * min(pitch), 90)
    for number in range(length):
        sway = 0.1 * radius * np.array([np.sin(0.3 * number), np.cos(0.3 * number)])
        frame, masks = wall.copy(), {}
        for k in range(objects):
            center = (np.array(divmod(k, columns)) + 0.5) * pitch + sway
            mask: NDArray[np.bool_] = np.hypot(y - center[0], x - center[1]) < radius
            frame[mask] = skin[mask]
            masks[k + 1] = mask
        yield frame, masks
