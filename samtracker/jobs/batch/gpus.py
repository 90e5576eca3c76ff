"""The GPUs that the jobs of a batch share."""

from __future__ import annotations

import os

import torch


def gpu_names() -> tuple[str, ...]:
    """Return the names of this machine's GPUs, as `CUDA_VISIBLE_DEVICES` has them."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    given = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    return tuple(given[:count]) if given else tuple(map(str, range(count)))
