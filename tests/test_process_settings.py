"""What importing the package and building a runtime set for the process, and what they leave."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SPINS = "import os, samtracker; print(os.environ.get('GOMP_SPINCOUNT'))"

KEPT = """
import os
import numpy as np
from samtracker.process_settings import keep_memory

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

print(keep_memory())
before = resident()
np.ones(1 << 26, np.uint8)  # gone at once
print(resident() - before >= 1 << 25)
"""


def printed(program: str, **variables: str) -> list[str]:
    """What a Python prints that has these variables, and none that the settings look at."""
    ours = ("GOMP_", "KMP_", "OMP_", "MALLOC_", "GLIBC_TUNABLES")
    given = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**given, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


@pytest.mark.parametrize(
    ("variables", "program", "wanted"),
    [
        ({}, SPINS, "10000"),
        ({"GOMP_SPINCOUNT": "7"}, SPINS, "7"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, SPINS, "None"),
        ({"KMP_BLOCKTIME": "0"}, SPINS, "None"),
        ({}, f"import torch; {SPINS}", "None"),  # it would come too late
    ],
)
def test_threads_wait_as_the_user_wants(
    variables: dict[str, str], program: str, wanted: str
) -> None:
    assert printed(program, **variables) == [wanted]


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator is that of Linux")
@pytest.mark.parametrize(
    ("variables", "kept"), [({}, True), ({"MALLOC_TRIM_THRESHOLD_": "131072"}, False)]
)
def test_freed_memory_is_kept_unless_the_user_has_a_say(
    variables: dict[str, str], kept: bool
) -> None:
    assert printed(KEPT, **variables) == [str(kept), str(kept)]
