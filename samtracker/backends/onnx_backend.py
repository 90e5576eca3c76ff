"""ONNX Runtime as a backend: on CPUs and GPUs of many makers. The only importer of onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from samtracker.backends.graph_cache import graph_folder
from samtracker.backends.graphs import DecoderGraph, EncoderGraph, joined, split
from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.network import Network
from samtracker.model.object_crops import ObjectCrops

PROVIDERS = {
    "cuda": ("CUDAExecutionProvider",),
    "cpu": ("DmlExecutionProvider", "CoreMLExecutionProvider"),
}
"""What is asked for by torch's device, where the installed package has it; the CPU comes last."""


class OnnxBackend:
    """Lite's encoder and decoder as ONNX graphs that take inputs of any size, in float32.

    Args:
        network: A network with lite's encoder; it stays as it is.
        device: Where torch computes: what comes and goes is there.
    """

    name = "onnxruntime"

    def __init__(self, network: Network, device: torch.device) -> None:
        self._device = device
        self._folder = graph_folder(network)
        self._sessions: dict[tuple[str, int], Any] = {}

    def encode(self, model_input: Tensor) -> Features:
        """See `Backend.encode`."""
        pixels = model_input.permute(0, 2, 3, 1).contiguous()
        return EncoderGraph.features(joined(self._run("encoder", row) for row in split(pixels)))

    def decode(self, crops: ObjectCrops) -> Decoded:
        """See `Backend.decode`."""
        return Decoded(*self._run("decoder", DecoderGraph.given(crops)))

    def _run(self, name: str, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        session = self._session(name)
        names = (item.name for item in session.get_inputs())
        given = dict(zip(names, (item.cpu().numpy() for item in inputs), strict=True))
        found = session.run(None, given)
        return tuple(torch.from_numpy(array).to(self._device) for array in found)

    def _session(self, name: str) -> Any:
        import onnxruntime

        key = name, torch.get_num_threads()
        if key not in self._sessions:
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = torch.get_num_threads()
            # Threads that wait for each other by spinning starve where another program runs.
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            there = onnxruntime.get_available_providers()
            wanted = (*PROVIDERS.get(self._device.type, ()), "CPUExecutionProvider")
            self._sessions[key] = onnxruntime.InferenceSession(
                Path(self._folder, f"{name}.onnx"),
                options,
                providers=[provider for provider in wanted if provider in there],
            )
        return self._sessions[key]
