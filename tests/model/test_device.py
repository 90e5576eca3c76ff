"""Devices and precisions by name; what exists is what torch says exists."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from samtracker.errors import ConfigError
from samtracker.model.device import choose_device, choose_precision

CPU = torch.device("cpu")
PRESENT = {
    "cuda": torch.cuda.is_available(),
    "mps": torch.backends.mps.is_available(),
    "cpu": True,
}
MISSING = [name for name, there in PRESENT.items() if not there] + ["meta", "xpu", "cuda:99"]


def test_auto_is_the_first_device_that_is_there() -> None:
    assert choose_device("auto").type == next(name for name, there in PRESENT.items() if there)
    assert choose_device() == choose_device("auto")


@pytest.mark.parametrize("name", [name for name, there in PRESENT.items() if there])
def test_devices_by_name(name: str) -> None:
    assert choose_device(name) == torch.device(name)


UNKNOWN = ["", "gpu", "CPU", "cuda0", "auto:0", "cpu\0", None, ["cpu"], -(10**20)]


@pytest.mark.parametrize("name", UNKNOWN)
def test_unknown_devices(name: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_device(name)
    assert str(caught.value) == f"device={name!r} does not exist: use one of auto, cuda, mps, cpu"


@pytest.mark.parametrize("name", MISSING)
def test_devices_of_other_machines(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_device(name)
    assert str(caught.value) == f"device={name!r} is not on this machine: use 'auto' or 'cpu'"


@pytest.mark.parametrize("name", ["float32", "bfloat16", "float16"])
def test_precisions_by_name(name: str) -> None:
    assert choose_precision(name, CPU) == getattr(torch, name)


def test_a_cpu_computes_in_float32_or_bfloat16() -> None:
    assert choose_precision("auto", CPU) in (torch.float32, torch.bfloat16)


@pytest.mark.parametrize("name", ["", "half", "float64", "Auto"])
def test_unknown_precisions(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        choose_precision(name, CPU)
    assert str(caught.value) == (
        f"precision={name!r} does not exist: use one of auto, float32, bfloat16, float16"
    )
