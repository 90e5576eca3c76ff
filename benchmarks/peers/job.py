"""What every peer is given and gives back; runs in the peer's own environment.

A peer is a script that is called with a job file: clips, where to write masks, how many threads and
how many frames. It prints one line of JSON: seconds of each timed step by clip, and versions.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


@dataclass
class Clip:
    """A clip: its frames as files, and the ids of the objects in the first one."""

    name: str
    frames: list[str]
    first_mask: str
    merged: bool

    def frame(self, number: int) -> np.ndarray:
        """Read a frame, RGB uint8 (H, W, 3)."""
        return np.asarray(Image.open(self.frames[number]).convert("RGB"))

    def masks(self) -> dict[int, np.ndarray]:
        """Return the masks of the objects in the first frame, bool (H, W), by id."""
        ids = np.asarray(Image.open(self.first_mask))
        ids = (ids > 0).astype(np.uint8) if self.merged else ids
        return {int(i): ids == i for i in np.unique(ids) if i}


@dataclass
class Job:
    """A job file."""

    clips: list[Clip]
    output: Path
    threads: int
    frames: int
    warm_up: int

    @classmethod
    def given(cls) -> Job:
        """Read the job file that the command line names."""
        job = json.loads(Path(sys.argv[1]).read_text("utf-8"))
        clips = [Clip(**clip) for clip in job.pop("clips")]
        return cls(clips=clips, output=Path(job.pop("output")), **job)

    def write(self, clip: Clip, number: int, ids: np.ndarray) -> None:
        """Write the ids found in a frame."""
        folder = self.output / clip.name
        folder.mkdir(parents=True, exist_ok=True)
        stem = Path(clip.frames[number]).stem
        Image.fromarray(ids.astype(np.uint8)).save(folder / f"{stem}.png")

    def track(self, start: Callable[[Clip], Callable[[np.ndarray], np.ndarray]]) -> dict[str, Any]:
        """Track all clips, write the masks, and return seconds of each timed step by clip.

        Args:
            start: begins with a clip's first frame; what it gives takes the frames after it, RGB,
                and gives ids (H, W).
        """
        seconds = {}
        for clip in self.clips:
            step, found = start(clip), {}
            frames = [clip.frame(number) for number in range(len(clip.frames))]

            def timed(number: int) -> None:
                found[number] = step(frames[number])  # noqa: B023

            seconds[clip.name] = self.time(timed, len(frames))
            for number, ids in found.items():
                self.write(clip, number, ids)
        return seconds

    def time(self, step: Callable[[int], Any], count: int) -> list[float]:
        """Seconds of step(1), step(2), ... after the warm-up."""
        seconds = []
        for number in range(1, count):
            begin = time.perf_counter()
            step(number)
            if number > self.warm_up:
                seconds.append(time.perf_counter() - begin)
        return seconds


def answer(seconds: dict[str, list[float]], *packages: str) -> None:
    """Print the result."""
    print(json.dumps({"seconds": seconds, "versions": {name: version(name) for name in packages}}))
