"""Running out of memory at any point of a step: an error of ours, and nothing has happened."""

from __future__ import annotations

import resource
from pathlib import Path

import cv2
import numpy as np
import torch

from samtracker.errors import OutOfMemoryError
from samtracker.tracker import Tracker
from tests.helpers.forked import apart


def step_with_ever_more_memory() -> None:
    """There is a little more each time, and so it fails at another place."""
    torch.set_num_threads(1)
    cv2.setNumThreads(0)
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)
    first = cv2.resize(texture, (1200, 900), interpolation=cv2.INTER_CUBIC).astype(np.uint8)
    masks = {}
    for number in range(1, 5):
        masks[number] = np.zeros(first.shape[:2], bool)
        masks[number][250:650, 250 * number - 100 : 250 * number + 100] = True
    second = np.roll(first, 15, axis=1)

    def started() -> Tracker:
        tracker = Tracker.from_pretrained("propagation", size=64, device="cpu", precision="float32")
        tracker.init(first, mask=masks)
        return tracker

    wanted = started().step(second)
    tracker = started()
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    used = pages * resource.getpagesize()
    failures = []
    for spare in range(2, 300, 2):
        resource.setrlimit(resource.RLIMIT_AS, (used + spare * 2**20, resource.RLIM_INFINITY))
        try:
            found = tracker.step(second)
        except OutOfMemoryError:
            failures.append(spare)
            assert tracker.result is not None
            assert tracker.result.index == 0
        else:
            break
    assert len(failures) > 5, failures
    assert found.index == 1
    for one, other in zip(found.objects, wanted.objects, strict=True):
        assert (one.id, one.score, one.state) == (other.id, other.score, other.state)
        assert np.array_equal(one.mask, other.mask)


def test_a_step_that_runs_out_of_memory_leaves_the_tracker_as_it_was() -> None:
    apart(step_with_ever_more_memory)
