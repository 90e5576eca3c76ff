"""Which backend to compute with."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.util import find_spec

import torch

from samtracker.backends.backend import Backend
from samtracker.backends.torch_backend import TorchBackend
from samtracker.config import BACKENDS
from samtracker.errors import ConfigError
from samtracker.model.network import Network

PREFERRED = "SAMTRACKER_BACKEND"
"""Environment variable that is taken for "auto"."""

EXTRAS = {"openvino": "openvino", "onnxruntime": "onnx"}
"""The extra of this package that brings each engine."""

PACKAGES = {extra: ("onnx", "onnxscript", engine) for engine, extra in EXTRAS.items()}
"""The packages that each extra brings; what makes the graphs comes first."""


def choose_backend(name: str, network: Network, device: torch.device) -> str:
    """Return the backend `name`, or for "auto" the quickest one that is there.

    That is OpenVINO for lite on a CPU, where it is installed, and torch elsewhere.

    Args:
        name: One of `BACKENDS`; "auto" is first what $SAMTRACKER_BACKEND says.
        network: The network that is to run.
        device: Where it is to run.

    Raises:
        ConfigError: There is no such backend, it is not installed, or it does not run this network
            or on this device.
    """
    if name == "auto":
        name = os.environ.get(PREFERRED) or "auto"
    if not isinstance(name, str) or name not in BACKENDS:
        raise ConfigError(f"backend={name!r} does not exist: use one of {', '.join(BACKENDS)}")
    lite = network.config.encoder == "lite"
    if name == "auto":
        return "openvino" if lite and device.type == "cpu" and is_there("openvino") else "torch"
    if name == "torch":
        return name
    if not is_there(name):
        raise ConfigError(
            f"backend={name!r} is not installed: pip install 'samtracker[{EXTRAS[name]}]', "
            "or use 'torch'"
        )
    if not lite:
        raise ConfigError(
            f"backend={name!r} does not run encoder={network.config.encoder!r}: use 'torch'"
        )
    if name == "openvino" and device.type != "cpu":
        raise ConfigError(f"backend={name!r} does not run on {device.type}: use 'torch'")
    return name


def build_backend(name: str, plain: TorchBackend) -> Backend:
    """Build what `choose_backend` returned, for the network of the backend that is always there."""
    if name == "openvino":
        from samtracker.backends.openvino_backend import OpenVinoBackend

        return OpenVinoBackend(plain.network, plain.precision)
    if name == "onnxruntime":
        from samtracker.backends.onnx_backend import OnnxBackend

        return OnnxBackend(plain.network, plain.device)
    return plain


def is_there(name: str) -> bool:
    """Return whether a backend's engine is installed, and what makes its graphs."""
    return name == "torch" or not missing(PACKAGES[EXTRAS[name]])


def missing(packages: Iterable[str]) -> list[str]:
    """Return those of the packages that are not installed."""
    return [name for name in packages if find_spec(name) is None]
