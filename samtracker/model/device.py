"""Where to compute, and how precisely."""

from __future__ import annotations

import time

import torch
from torch import nn

from samtracker.config import DEVICES, PRECISIONS
from samtracker.errors import ConfigError


def choose_device(name: str = "auto") -> torch.device:
    """Return the device `name`, or for "auto" the first of cuda, mps and cpu that is there.

    Raises:
        ConfigError: An unknown name, or a device this machine does not have.
    """
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if isinstance(name, str) and name == "auto":
        return torch.device(next(kind for kind, found in present.items() if found))
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError, ValueError):
        raise ConfigError(
            f"device={name!r} does not exist: use one of {', '.join(DEVICES)}"
        ) from None
    beyond = device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count()
    if not present.get(device.type, False) or beyond:
        raise ConfigError(f"device={name!r} is not on this machine: use 'auto' or 'cpu'")
    return device


def choose_precision(name: str, device: torch.device) -> torch.dtype:
    """Return the precision `name`, or for "auto" half precision where it is faster.

    CUDA computes in bfloat16 where the GPU has it and else in float16; a CPU computes in bfloat16
    where it has instructions for it and a short measurement finds them faster.

    Raises:
        ConfigError: An unknown name.
    """
    if not isinstance(name, str) or name not in PRECISIONS:
        raise ConfigError(f"precision={name!r} does not exist: use one of {', '.join(PRECISIONS)}")
    if name != "auto":
        precision: torch.dtype = getattr(torch, name)
        return precision
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type == "cpu" and has_bfloat16() and _bfloat16_is_faster():
        return torch.bfloat16
    return torch.float32


def has_bfloat16() -> bool:
    """Return whether the CPU has instructions for bfloat16."""
    capabilities = torch.cpu.get_capabilities()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def _bfloat16_is_faster() -> bool:
    """Time one inverted-bottleneck block, the work an encoder consists of, both ways."""
    block = nn.Sequential(
        nn.Conv2d(40, 240, 1), nn.Conv2d(240, 240, 3, padding=1, groups=240), nn.Conv2d(240, 40, 1)
    )
    block.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    maps = torch.zeros(1, 40, 60, 106).contiguous(memory_format=torch.channels_last)

    def seconds(enabled: bool) -> float:
        begin = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            block(maps)
        return time.perf_counter() - begin

    with torch.inference_mode():
        # In turns, so that a busy machine slows both; the best of several, for the same reason.
        times = [(seconds(True), seconds(False)) for _ in range(7)]
    half, full = (min(column) for column in zip(*times, strict=True))
    return bool(half < full)
