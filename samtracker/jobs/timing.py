"""How fast a whole job is: from a video file to files of results."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from samtracker.jobs.first_prompts import FirstPrompts
from samtracker.jobs.job import TrackJob
from samtracker.jobs.progress import Progress
from samtracker.results.writers import save_ids
from samtracker.tracker import Tracker
from samtracker.types import Frame, Mask
from samtracker.video.encoder import FALLBACK_FPS
from samtracker.video.write import VideoWriter


def time_job(
    tracker: Tracker, clip: Iterable[tuple[Frame, dict[int, Mask]]], warm_up: int
) -> float:
    """Track a clip as a user does: a file is read, and files with results are written.

    Args:
        tracker: Tracker to use; its stream ends.
        clip: Frames, and the masks of their objects by id; only the first ones are used.
        warm_up: Number of steps that do not count.

    Returns:
        Time of a frame after the warm-up in ms, with its share of what finishing the files takes.

    Raises:
        SamTrackerError: The job failed.
        KeyboardInterrupt: It was stopped.
    """
    with TemporaryDirectory(prefix="samtrack-") as name:
        folder = Path(name)
        with VideoWriter(folder / "clip.mp4", fps=FALLBACK_FPS) as video:
            for number, (image, masks) in enumerate(clip):
                if number == 0:
                    ids = np.zeros(image.shape[:2], np.uint16)
                    for object_id, mask in masks.items():
                        ids[mask] = object_id
                    save_ids(folder / "first.png", ids)
                video.write(image)
        job = TrackJob(
            source=folder / "clip.mp4",
            prompts=FirstPrompts(mask=folder / "first.png", mask_kind="ids"),
            output=folder / "results",
        )
        times: list[float] = []

        def on_frame(_: Progress) -> None:
            times.append(time.perf_counter())

        outcome = job.run(tracker, on_frame=on_frame)
        end = time.perf_counter()
        if outcome.failure is not None:
            raise outcome.failure
        if outcome.summary.interrupted:
            raise KeyboardInterrupt
        counted = times[warm_up:]  # the first of them is the end of the warm-up
        return 1000 * (end - counted[0]) / (len(counted) - 1)
