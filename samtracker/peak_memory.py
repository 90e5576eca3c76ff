"""The largest memory that this process takes."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import torch

_CLEAR = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


class Peak:
    """The largest memory of the process from now on.

    On Linux the kernel keeps it; elsewhere it is the largest of the samples.
    """

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._resident = 0
        try:
            _CLEAR.write_text("5", "ascii")  # proc(5): resets the peak resident set size
            self._kept = True
        except OSError:
            self._kept = False
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def sample(self) -> None:
        """Look at the memory once."""
        if not self._kept:
            self._resident = max(self._resident, self._process.memory_info().rss)

    @property
    def megabytes(self) -> dict[str, int]:
        """The largest memory so far in MB, by "cpu" and "cuda"."""
        resident = self._resident
        if self._kept:
            lines = _STATUS.read_text("ascii").splitlines()
            (high,) = (line.split()[1] for line in lines if line.startswith("VmHWM:"))
            resident = int(high) * 1024
        peaks = {"cpu": resident // 2**20}
        if torch.cuda.is_available():
            peaks["cuda"] = torch.cuda.max_memory_allocated() // 2**20
        return peaks


def peak_memory() -> dict[str, int]:
    """Return the largest memory this process ever held, in MB, by "cpu" and "cuda"."""
    peaks = {"cpu": _peak_resident() // 2**20}
    if torch.cuda.is_available():
        peaks["cuda"] = torch.cuda.max_memory_allocated() // 2**20
    return peaks


def _peak_resident() -> int:
    """Return the largest resident memory this process ever had, in bytes."""
    if sys.platform == "win32":
        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
