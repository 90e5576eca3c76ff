"""Many clips, one after the other or in parallel."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Generator
from collections.abc import Sequence as Rows
from concurrent.futures import ProcessPoolExecutor
from functools import partial

from samtracker.data.sequence import Sequence
from samtracker.evaluate.clip import ClipResult, Source, evaluate_clip


def evaluate(clips: Rows[Sequence], source: Source, *, jobs: int = 1) -> Generator[ClipResult]:
    """Score clips.

    Args:
        clips: those with less than three masks have no scores.
        source: of the masks.
        jobs: processes that share the clips; 1 is this one alone.

    Yields:
        Their results, in their order.

    Raises:
        DatasetError: see `evaluate_clip`.
    """
    task = partial(evaluate_clip, source=source)
    if jobs == 1:
        yield from map(task, clips)
        return
    threads = max((os.cpu_count() or 1) // jobs, 1)
    pool = ProcessPoolExecutor(
        jobs, multiprocessing.get_context("spawn"), initializer=_limit, initargs=(threads,)
    )
    try:
        yield from pool.map(task, clips)
    finally:
        pool.shutdown(cancel_futures=True)


def _limit(threads: int) -> None:
    """Processes that share the cores shall not fight for them, nor answer Ctrl-C themselves."""
    import signal

    import cv2
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
