"""Evaluation of many clips, one after the other or in parallel."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial

from samtracker.data.clip import Clip
from samtracker.errors import WorkerError
from samtracker.evaluate.clip import ClipResult, MaskSource, evaluate_clip
from samtracker.evaluate.interactive import evaluate_rounds
from samtracker.evaluate.tracker_source import TrackerSource

_POLL = 0.2  # seconds


def evaluate(
    clips: Sequence[Clip],
    source: MaskSource,
    *,
    jobs: int = 1,
    threads: int | None = None,
    rounds: int = 0,
    on_wait: Callable[[], None] = lambda: None,
) -> Generator[tuple[int, ClipResult]]:
    """Score clips.

    Args:
        clips: Clips with truth; those with less than three masks have no scores.
        source: Source of the masks to score.
        jobs: Number of processes that share the clips; 1 is this process alone.
        threads: Number of threads of each process, where there are several; None for its share of
            the cores.
        rounds: Rounds of corrections, see `evaluate_rounds`; more than 0 need a `TrackerSource`.
        on_wait: Called again and again while other processes are waited for; what it raises ends
            them.

    Yields:
        Positions and results of clips, as they are done.

    Raises:
        DatasetError: A mask cannot be read, or has another size than its truth.
        WorkerError: A process died, as for lack of memory.
    """
    task: Callable[[Clip], ClipResult] = partial(evaluate_clip, source=source)
    if rounds:
        assert isinstance(source, TrackerSource), "masks in a folder cannot be corrected"
        task = partial(evaluate_rounds, source=source, rounds=rounds)
    if jobs == 1:
        yield from enumerate(map(task, clips))
        return
    threads = threads or max((os.cpu_count() or 1) // jobs, 1)
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, context, initializer=_limit, initargs=(threads,))
    try:
        waiting = {pool.submit(task, clip): number for number, clip in enumerate(clips)}
        while waiting:
            on_wait()
            for future in wait(waiting, timeout=_POLL, return_when=FIRST_COMPLETED).done:
                yield waiting.pop(future), future.result()
    except BrokenProcessPool as error:
        on_wait()
        raise WorkerError(
            f"one of jobs={jobs} processes died, perhaps for lack of memory: give fewer jobs"
        ) from error
    except BaseException:
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _limit(threads: int) -> None:
    """Limit a process to its share of the cores, and leave Ctrl-C to the process that began it."""
    import signal

    import cv2
    import torch

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(threads)
    cv2.setNumThreads(threads)
