"""Batches of small films, an engine that runs them in this process, and trackers that fail."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from concurrent.futures import Future
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

from samtracker.errors import ConfigError
from samtracker.jobs.batch import Batch, BatchRow, TrackOptions, find_videos
from samtracker.jobs.batch.engine import Steps
from samtracker.jobs.batch.task import BatchTask, track_video
from samtracker.tracker import Tracker
from tests.helpers.cli_tools import FRAMES, contents, first_mask, two_balls

SAVE = ("masks", "csv", "rle")


def clips(folder: Path, count: int = 3) -> Path:
    """Films of 4, 6, 8, ... frames with their first masks beside them, in the folder clips."""
    (folder / "clips").mkdir(parents=True)
    for number in range(count):
        two_balls(folder / "clips" / f"clip{number}.mp4", FRAMES[: 4 + 2 * number])
        first_mask(folder / "clips" / f"clip{number}.png")
    return folder / "clips"


@cache
def small_tracker() -> Tracker:
    """A tracker, one for the process."""
    return Tracker.from_pretrained("lite", size=64, precision="float32", device="cpu")


def gpu_in_use() -> Tracker:
    """Tells by its failure which GPU this process may use."""
    raise ConfigError(f"the GPU is {os.environ['CUDA_VISIBLE_DEVICES']}")


def broken() -> Tracker:
    """Has a fault of the program."""
    raise ZeroDivisionError("of no kind\nthat is expected")


def die(times: int, notes: Path) -> Tracker:
    """Has its process killed so many times, which are noted in a folder; then it is well."""
    notes.mkdir(exist_ok=True)
    begun = len(list(notes.iterdir()))
    if begun < times:
        (notes / str(begun)).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return small_tracker()


def batch(
    source: Path | str = "clips",
    output: Path | str = "out",
    *,
    make_tracker: Callable[[], Tracker] = small_tracker,
    prompts_from: str | None = None,
    save: tuple[str, ...] = SAVE,
    **settings: Any,
) -> Batch:
    """A batch of what is found somewhere."""
    return Batch(
        videos=find_videos([str(source)], prompts_from=prompts_from),
        output=str(output),
        options=TrackOptions(save=save, device="cpu"),
        make_tracker=make_tracker,
        **settings,
    )


def dying(times: int, notes: Path) -> Callable[[], Tracker]:
    """See `die`; for another process."""
    return partial(die, times, notes)


class HereEngine:
    """Runs each task in this process when it is submitted.

    Args:
        stop_at: Every job is stopped at this frame; None for none.
    """

    name = "this process"

    def __init__(self, stop_at: int | None = None) -> None:
        self.begun: list[str] = []
        self._stop_at = stop_at

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def submit(self, number: int, task: BatchTask) -> Future[BatchRow]:
        self.begun.append(task.video.name)
        future: Future[BatchRow] = Future()
        future.set_result(track_video(task, lambda done, total: done != self._stop_at))
        return future

    def steps(self) -> Steps:
        return {}

    def stop(self) -> None:
        pass


def masks_of(output: Path) -> dict[str, dict[str, bytes | None]]:
    """What was found in each video, without the times in its summary."""
    return {
        folder.name: {
            name: data for name, data in contents(folder).items() if name != "summary.json"
        }
        for folder in sorted(output.iterdir())
        if (folder / "summary.json").is_file()
    }
