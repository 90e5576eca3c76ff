"""Settings of the process that make a step on a CPU quicker; what the user has set stays."""

from __future__ import annotations

import ctypes
import functools
import os
import platform
import sys
from typing import Final

SPINS: Final = {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
"""How long a thread of GNU's or Intel's OpenMP waits for the others before it sleeps: about a tenth
of a millisecond, and a millisecond. By default these are 30 and 200 times as much, in which a
thread that waits takes the core from the one that it waits for when another program runs."""

OPENMP: Final = (*SPINS, "OMP_WAIT_POLICY")
"""Variables by which a user has a say in it."""

MALLOC: Final = ("MALLOC_", "GLIBC_TUNABLES")
"""What the variables for glibc's allocator begin with."""

MALLOPT: Final = {-3: 1 << 30, -1: (1 << 31) - 1, -8: 1}
"""M_MMAP_THRESHOLD, M_TRIM_THRESHOLD and M_ARENA_MAX: freed memory is used again, and not given
back to the system, which would clear it page by page whenever the next layer wants it."""


def bound_spinning() -> None:
    """Bound how long OpenMP's threads spin: to be called before torch is imported."""
    if "torch" not in sys.modules and not any(name in os.environ for name in OPENMP):
        os.environ.update(SPINS)


@functools.cache
def keep_memory() -> bool:
    """Let glibc keep the memory that is freed; return whether it does so now."""
    if platform.libc_ver()[0] != "glibc" or any(name.startswith(MALLOC) for name in os.environ):
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return {mallopt(parameter, value) for parameter, value in MALLOPT.items()} == {1}
