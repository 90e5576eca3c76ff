"""One tracker in several threads, several trackers in a thread each, and forked processes."""

from __future__ import annotations

import copy
import multiprocessing
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from samtracker.backends.turn import Turn
from samtracker.errors import ConfigError
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from tests.conftest import MakeTracker
from tests.helpers.forked import apart
from tests.helpers.scenes import BLUE, RED, film

SHOTS = film([RED, BLUE], 9)


def test_steps_from_two_threads_are_all_made(lite_tracker: MakeTracker) -> None:
    tracker = lite_tracker(size=64)
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(lambda shot: tracker.step(shot.frame), SHOTS[1:]))
    assert sorted(result.index for result in results) == list(range(1, 9))
    assert tracker.result is not None
    assert tracker.result.index == 8


def test_trackers_in_threads_find_what_they_find_alone(lite_tracker: MakeTracker) -> None:
    films = SHOTS, film([BLUE, RED], 9)[::-1]

    def run(number: int) -> list[FrameResult]:
        first, *others = films[number]
        tracker = lite_tracker(size=64)
        return [tracker.init(first.frame, mask=first.ids)] + [
            tracker.step(shot.frame) for shot in others
        ]

    alone = [run(0), run(1)]
    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(run, range(2)))
    for found, wanted in zip(together, alone, strict=True):
        for one, other in zip(found, wanted, strict=True):
            assert np.array_equal(one.id_map, other.id_map)
            assert [item.score for item in one.objects] == [item.score for item in other.objects]


def test_a_copy_has_a_turn_of_its_own() -> None:
    with (turn := Turn(torch.device("cpu"))):
        for other in (copy.deepcopy(turn), pickle.loads(pickle.dumps(turn))):
            with ThreadPoolExecutor(1) as thread:
                assert thread.submit(other.__enter__).result(timeout=20) is None


def said_in_forked_processes() -> list[str]:
    """What processes say that are forked from this one, in which torch has computed."""
    torch.set_num_threads(2)
    tracker = Tracker.from_pretrained("propagation", device="cpu", precision="float32", size=64)
    frame, mask = SHOTS[0].frame, SHOTS[0].mask(1)
    tracker.init(frame, mask=mask)
    wanted = tracker.step(frame)
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()

    def child(threads: int, use: Callable[[], FrameResult]) -> None:
        if threads:
            torch.set_num_threads(threads)
        try:
            found = use()
        except ConfigError as error:
            said.put(str(error))
        else:
            said.put(f"{found.index} {np.mean(found.id_map == wanted.id_map) > 0.99}")

    calls: tuple[tuple[int, Callable[[], FrameResult]], ...] = (
        (0, lambda: tracker.step(frame)),
        (0, lambda: tracker.correct(frame, 1, mask=mask)),
        (0, lambda: Tracker.from_pretrained("propagation", device="cpu").init(frame, mask=mask)),
        (1, lambda: tracker.step(frame)),
    )
    for call in calls:
        process = context.Process(target=child, args=call)
        process.start()
        process.join(100)
        process.kill()  # where it hangs
        assert process.exitcode == 0
    return [said.get() for _ in calls]


def test_a_forked_process_is_told_to_be_spawned() -> None:
    """Where torch's threads are missing it would wait for ever; a single one is there."""
    *told, single = apart(said_in_forked_processes)
    message = (
        "a tracker cannot run in a process forked from one that has had a network: "
        "start it with multiprocessing.get_context('spawn')"
    )
    assert told == [message] * 3
    assert single == "2 True"
