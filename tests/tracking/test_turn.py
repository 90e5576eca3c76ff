"""One tracker in several threads, several trackers in a thread each, and forked processes."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch

from samtracker.tracking.turn import Turn
from samtracker.types import FrameResult
from tests.conftest import MakeTracker
from tests.helpers.cli_tools import ROOT
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


PROGRAM = """
import multiprocessing, os
import numpy as np, torch
from samtracker import ConfigError, Tracker

torch.set_num_threads(2)
frame = np.random.default_rng(0).integers(0, 256, (480, 640, 3)).astype(np.uint8)
mask = np.zeros((480, 640), bool)
mask[100:300, 200:400] = True
tracker = Tracker.from_pretrained("propagation", device="cpu", precision="float32", size=128)
tracker.init(frame, mask=mask)
wanted = tracker.step(frame)

def child(threads, use):
    if threads:
        torch.set_num_threads(threads)
    try:
        found = use()
    except ConfigError as error:
        print(error, flush=True)
    else:
        print(found.index, np.mean(found.id_map == wanted.id_map) > 0.99, flush=True)

for threads, use in (
    (0, lambda: tracker.step(frame)),
    (0, lambda: tracker.correct(frame, 1, mask=mask)),
    (0, lambda: Tracker.from_pretrained("propagation", device="cpu").init(frame, mask=mask)),
    (1, lambda: tracker.step(frame)),
):
    process = multiprocessing.get_context("fork").Process(target=child, args=(threads, use))
    process.start()
    process.join(100)
    assert process.exitcode == 0, process.kill()
"""


def test_a_forked_process_is_told_to_be_spawned() -> None:
    """Where torch's threads are missing it would wait for ever; a single one is there."""
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    )
    *told, single = ran.stdout.splitlines()
    message = (
        "a tracker cannot run in a process forked from one that has had a network: "
        "start it with multiprocessing.get_context('spawn')"
    )
    assert told == [message] * 3
    assert single == "2 True"
