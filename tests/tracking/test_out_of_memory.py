"""Running out of memory at any point of a step: an error of ours, and nothing has happened."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.helpers.cli_tools import ROOT

PROGRAM = """
import resource
import cv2, numpy as np, torch
from samtracker import Tracker
from samtracker.errors import OutOfMemoryError

torch.set_num_threads(1)
cv2.setNumThreads(0)
rng = np.random.default_rng(0)
texture = rng.integers(0, 256, (30, 40, 3)).astype(np.uint8)
first = cv2.resize(texture, (2400, 1800), interpolation=cv2.INTER_CUBIC)
masks = {}
for number in range(1, 5):
    masks[number] = np.zeros(first.shape[:2], bool)
    masks[number][500:1300, 500 * number - 200 : 500 * number + 200] = True
second = np.roll(first, 30, axis=1)

def started():
    tracker = Tracker.from_pretrained(
        "propagation", size=64, device="cpu", precision="float32"
    )
    tracker.init(first, mask=masks)
    return tracker

wanted = started().step(second)
tracker = started()
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
failures = []
for spare in range(16, 2000, 20):
    resource.setrlimit(resource.RLIMIT_AS, (used + spare * 2**20, resource.RLIM_INFINITY))
    try:
        found = tracker.step(second)
    except OutOfMemoryError as error:
        failures.append(spare)
        assert tracker.result.index == 0
    else:
        break
assert len(failures) > 5, failures
assert found.index == 1
for one, other in zip(found.objects, wanted.objects, strict=True):
    assert (one.id, one.score, one.state) == (other.id, other.score, other.state)
    assert np.array_equal(one.mask, other.mask)
"""


def test_a_step_that_runs_out_of_memory_leaves_the_tracker_as_it_was() -> None:
    """The program has a little more memory each time, and so fails at another place."""
    environment = {
        **os.environ,
        **{"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        # Memory that an earlier step has freed goes back, or this one would need no more.
        "MALLOC_TRIM_THRESHOLD_": "131072",
    }
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
