"""A description of the machine that a measurement was made with."""

from __future__ import annotations

import os
import platform

import torch

from samtracker._version import __version__


def describe() -> dict[str, str | int]:
    """Return versions and hardware, for the head of a result file."""
    return {
        "samtracker": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "processor": str(torch.cpu.get_capabilities().get("cpu_name", platform.machine())),
        "cores": os.cpu_count() or 0,
        "threads": torch.get_num_threads(),
    }
