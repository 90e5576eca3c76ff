"""How much memory this process takes."""

from __future__ import annotations

import sys

import psutil
import torch


class Peak:
    """The largest memory between now and the last sample."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._resident = 0
        if torch.cuda.is_available():
            torch.cuda.reset_peak_memory_stats()

    def sample(self) -> None:
        """Look at it once."""
        self._resident = max(self._resident, self._process.memory_info().rss)

    @property
    def megabytes(self) -> dict[str, int]:
        """By "cpu" and "cuda"."""
        peaks = {"cpu": self._resident // 2**20}
        if torch.cuda.is_available():
            peaks["cuda"] = torch.cuda.max_memory_allocated() // 2**20
        return peaks


def peak_memory() -> dict[str, int]:
    """Largest memory this process ever held, in MB, by "cpu" and "cuda"."""
    peaks = {"cpu": _peak_resident() // 2**20}
    if torch.cuda.is_available():
        peaks["cuda"] = torch.cuda.max_memory_allocated() // 2**20
    return peaks


def _peak_resident() -> int:
    """Bytes."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
