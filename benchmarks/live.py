"""Run a slow tracker on a quick camera: latency, counts and memory, and what an outage does.

    python benchmarks/live.py --minutes 10
    python benchmarks/live.py --minutes 2 --restart

The camera is a process of its own: an MJPEG stream over HTTP with 30 frames a second. The tracker
is slowed to 5 steps a second, and follows it as `samtrack live` does. The camera plays the demo
clip forward and back; with --restart it shows one picture of two balls, so that the truth is known
before and after, and it is killed halfway and started again on the same port.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from remote import Film, RemoteCamera, demo, two_balls

from samtracker import Tracker
from samtracker.diagnostics.machine import describe
from samtracker.evaluate.metrics import region_similarity
from samtracker.live.loop import LiveStep, live_loop
from samtracker.types import Frame, FrameResult, Mask
from samtracker.video.live_source import LiveSource

FPS = 30.0
STEP = 0.2
"""Seconds that a step takes."""

SETTLED = 60.0
"""Seconds after which memory should grow no more."""

DOWN = 5.0
"""Seconds between the camera's end and its new start."""


class Slowed(Tracker):
    """A tracker whose steps take `STEP` seconds, as far as the machine is quick enough."""

    def step(
        self,
        frame: Frame,
        timestamp: float | None = None,
        *,
        absent: Collection[int] = (),
        cut: bool = False,
    ) -> FrameResult:
        """Step as `Tracker` does, but take at least `STEP` seconds."""
        begin = time.perf_counter()
        result = super().step(frame, timestamp, absent=absent, cut=cut)
        time.sleep(max(begin + STEP - time.perf_counter(), 0))
        return result


@dataclass
class Record:
    """Measurements after each step: seconds, frames and MB."""

    times: list[float] = field(default_factory=list)
    steps: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    under_way: list[int] = field(default_factory=list)
    resident: list[float] = field(default_factory=list)

    def add(self, step: LiveStep, under_way: int) -> None:
        """Add a step that has ended now."""
        self.times.append(time.monotonic())
        self.steps.append(step.seconds)
        self.latencies.append(self.times[-1] - step.frame.captured)
        self.under_way.append(under_way)
        self.resident.append(psutil.Process().memory_info().rss / 2**20)

    def to_dict(self) -> dict[str, Any]:
        """Return latency in seconds and steps, frames under way, and memory from a minute on."""
        step = float(np.median(self.steps))
        p50, p95 = (float(value) for value in np.percentile(self.latencies, (50, 95)))
        seconds = np.array(self.times) - self.times[0]
        settled = min(int(np.searchsorted(seconds, SETTLED)), len(seconds) - 1)
        first, largest = self.resident[settled], max(self.resident[settled:])
        return {
            "step_s": round(step, 3),
            "latency_p50_s": round(p50, 3),
            "latency_p95_s": round(p95, 3),
            "latency_p50_steps": round(p50 / step, 2),
            "latency_p95_steps": round(p95 / step, 2),
            "under_way_p50": float(np.median(self.under_way)),
            "under_way_p95": round(float(np.percentile(self.under_way, 95)), 1),
            "settled_after_s": round(float(seconds[settled])),
            "each_minute_mb": [
                round(self.resident[int(np.searchsorted(seconds, minute))])
                for minute in range(60, int(seconds[-1]) + 1, 60)
            ],
            "settled_mb": round(first),
            "end_mb": round(self.resident[-1]),
            "largest_mb": round(largest),
            "growth_percent": round(100 * (largest / first - 1), 2),
        }


@dataclass
class Outage:
    """An outage of a camera that is killed and started again; times are of `time.monotonic`."""

    before: FrameResult
    lost: float
    last_frame: float
    sent: int
    back: float = 0.0
    first_frame: float = 0.0

    def to_dict(self, after: FrameResult, truth: dict[int, Mask]) -> dict[str, Any]:
        """Return how long the outage was, and what is left of the objects."""
        return {
            "camera_away_s": round(self.back - self.lost, 2),
            "no_frames_s": round(self.first_frame - self.last_frame, 2),
            "first_frame_after_start_s": round(self.first_frame - self.back, 2),
            "states": {item.id: item.state.value for item in after.objects},
            "same_ids": [item.id for item in after.objects]
            == [item.id for item in self.before.objects],
            "iou_with_before": _ious(after, {i.id: i.mask for i in self.before.objects}),
            "iou_with_truth": _ious(after, truth),
        }


def _ious(result: FrameResult, masks: dict[int, Mask]) -> dict[int, float]:
    return {
        number: round(region_similarity(result[number].mask, mask), 3)
        for number, mask in masks.items()
    }


def run(tracker: Tracker, film: Film, seconds: float, *, restart: bool) -> dict[str, Any]:
    """Track what a camera shows for a while."""
    camera, record, outage = RemoteCamera(film, FPS), Record(), None
    masks = film()[1]
    with LiveSource(camera.url) as source:
        first = source.read(timeout=15)
        assert first is not None, "the camera sends frames"
        begin, last = time.monotonic(), first.captured
        result, taken = tracker.init(first.image, mask=masks), 1
        for step in live_loop(tracker, source):
            now, gone = time.monotonic(), outage.sent if outage else 0
            if step is not None and step.result is not None:
                taken, result, last = taken + 1, step.result, step.frame.captured
                record.add(step, gone + camera.sent - source.received)
                if outage and outage.back and last > outage.back:
                    outage.first_frame = outage.first_frame or last
            if now > begin + seconds:
                break
            if restart and outage is None and now > begin + seconds / 2:
                camera.kill()
                outage = Outage(result, now, last, camera.sent)
            elif outage and not outage.back and now > outage.lost + DOWN:
                camera = RemoteCamera(film, FPS, camera.port)
                outage.back = time.monotonic()
        sent = camera.sent + (outage.sent if outage else 0)
    camera.kill()
    pending = int(source.read(timeout=0) is not None)
    counts = {
        "sent": sent,
        "received": source.received,
        "tracked": taken,
        "dropped": source.dropped,
        "pending": pending,
        "reconnects": source.reconnects,
        "unaccounted": source.received - taken - source.dropped - pending,
    }
    away = {} if outage is None else {"outage": outage.to_dict(result, masks)}
    return {"seconds": seconds, **counts, **record.to_dict(), **away}


def main() -> None:
    """Print a table and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--restart", action="store_true")
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    name, film = ("live_restart", two_balls) if args.restart else ("live", demo)
    output = args.output or Path(f"benchmarks/results/{name}.json")
    tracker = Slowed.from_pretrained("lite", size=args.size)
    result = run(tracker, film, 60 * args.minutes, restart=args.restart)
    for key, value in result.items():
        for title, cell in value.items() if isinstance(value, dict) else ((key, value),):
            print(f"{title.replace('_', ' '):28}{cell!s:>12}")
    result = {"machine": describe(), "size": args.size, **result}
    output.write_text(json.dumps(result, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
