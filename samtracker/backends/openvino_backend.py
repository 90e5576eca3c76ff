"""OpenVINO as a backend: the quickest one on most CPUs."""

from __future__ import annotations

import logging
from collections import OrderedDict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samtracker.backends.graph_cache import graph_folder
from samtracker.backends.graphs import DecoderGraph, EncoderGraph, joined, split
from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.network import Network
from samtracker.model.object_crops import ObjectCrops

LOG = logging.getLogger(__name__)

SHAPES = {"encoder": 2, "decoder": 6}
"""Input shapes of each graph that stay compiled; each has the weights in a layout of its own. The
encoder has frames, and squares around what is pointed at."""


class OpenVinoBackend:
    """Lite's encoder and decoder, compiled for a CPU.

    A graph is compiled for each shape of its inputs when it is first met. What was compiled is kept
    in the user's cache folder, and is there at once the next time.

    Args:
        network: A network with lite's encoder, float32, on the CPU; it stays as it is.
        precision: In which number format to compute; outputs are float32.
    """

    name = "openvino"

    def __init__(self, network: Network, precision: torch.dtype) -> None:
        folder = graph_folder(network)
        options = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": "f32" if precision is torch.float32 else "bf16",
            "CACHE_DIR": str(folder),
        }
        self._encoder, self._decoder = (
            _Graph(folder / f"{name}.onnx", options, shapes=shapes)
            for name, shapes in SHAPES.items()
        )

    def encode(self, model_input: Tensor) -> Features:
        """See `Backend.encode`."""
        # The model input's channels are last in memory already: this copies nothing.
        pixels = model_input.permute(0, 2, 3, 1).contiguous()
        return EncoderGraph.features(joined(self._encoder(*row) for row in split(pixels)))

    def decode(self, crops: ObjectCrops) -> Decoded:
        """See `Backend.decode`; one after the other, so that few shapes are ever compiled."""
        rows = split(*DecoderGraph.given(crops))
        return Decoded(*joined(self._decoder(*row) for row in rows))


@cache
def _core() -> Any:
    """Return the one core of this process, which lives as long.

    A core gives the thread that first compiles with it a stack for signals, and gives it back the
    one before when it goes. Of two that go in the order in which they came, the second gives back
    what the first one has freed, and the next Ctrl-C is a segmentation fault.
    """
    import openvino

    return openvino.Core()


class _Graph:
    """A graph, compiled for the shapes that are met."""

    def __init__(self, path: Path, options: dict[str, str], *, shapes: int) -> None:
        self._model = _core().read_model(path)
        self._options = options
        self._shapes = shapes
        self._requests: OrderedDict[tuple[Any, ...], Any] = OrderedDict()

    def __call__(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Compute the outputs, in memory of their own, of contiguous inputs."""
        import openvino

        request = self._request(tuple(tuple(item.shape) for item in inputs))
        outputs = []
        for number, item in enumerate(inputs):
            request.set_input_tensor(number, openvino.Tensor(item.numpy(), shared_memory=True))
        for number, port in enumerate(request.model_outputs):
            array = np.empty(tuple(port.shape), np.float32)
            request.set_output_tensor(number, openvino.Tensor(array, shared_memory=True))
            outputs.append(torch.from_numpy(array))
        request.infer()
        return tuple(outputs)

    def _request(self, shapes: tuple[Any, ...]) -> Any:
        key = shapes, torch.get_num_threads()
        if key not in self._requests:
            LOG.debug("compiling for %s", shapes)
            model = self._model.clone()
            model.reshape(dict(enumerate(shapes)))
            threads = {"INFERENCE_NUM_THREADS": torch.get_num_threads()}
            compiled = _core().compile_model(model, "CPU", {**self._options, **threads})
            self._requests[key] = compiled.create_infer_request()
            if len(self._requests) > self._shapes:
                self._requests.popitem(last=False)
        self._requests.move_to_end(key)
        return self._requests[key]
