"""OpenVINO as a backend: the quickest one on most CPUs."""

from __future__ import annotations

import logging
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

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

SHAPES = {"encoder": 4, "decoder": 6}
"""Input shapes of each graph that stay compiled; each has the weights in a layout of its own. The
encoder has frames and squares around what is pointed at, one or several at once."""

LATELY: Final = 128
"""Computations for which more shapes stay compiled: those of many objects, which differ in size,
would each make room for the next one in every frame. The decoder takes 60 MB for a shape."""


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
        return self.encode_all([model_input])[0]

    def decode(self, crops: ObjectCrops) -> Decoded:
        """See `Backend.decode`; row by row, so that few shapes are ever compiled."""
        return self.decode_all([crops])[0]

    def encode_all(self, model_inputs: Sequence[Tensor]) -> list[Features]:
        """See `JoiningBackend.encode_all`."""
        # The model input's channels are last in memory already: this copies nothing.
        pixels = [(item.permute(0, 2, 3, 1).contiguous(),) for item in model_inputs]
        return [EncoderGraph.features(found) for found in self._encoder(pixels)]

    def decode_all(self, crops: Sequence[ObjectCrops]) -> list[Decoded]:
        """See `JoiningBackend.decode_all`."""
        return [Decoded(*found) for found in self._decoder(list(map(DecoderGraph.given, crops)))]


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
        self._compiled: OrderedDict[tuple[Any, ...], list[Any]] = OrderedDict()
        self._used: dict[tuple[Any, ...], int] = {}
        self._now = 0

    def __call__(self, batches: Sequence[tuple[Tensor, ...]]) -> list[tuple[Tensor, ...]]:
        """Compute the outputs, in memory of their own, of batches of contiguous inputs.

        Rows of one shape are computed together, of whichever batches they are.
        """
        groups: defaultdict[Any, list[tuple[int, tuple[Tensor, ...]]]] = defaultdict(list)
        for number, batch in enumerate(batches):
            groups[_row_shapes(batch)] += [(number, row) for row in split(*batch)]
        outputs: list[list[tuple[Tensor, ...]]] = [[] for _ in batches]
        for shapes, group in groups.items():
            found = self._compute(shapes, [row for _, row in group])
            for (number, _), row in zip(group, found, strict=True):
                outputs[number].append(row)
        return [joined(rows) for rows in outputs]

    def _compute(
        self, shapes: tuple[Any, ...], waiting: list[tuple[Tensor, ...]]
    ) -> list[tuple[Tensor, ...]]:
        """Compute the outputs of rows of one shape.

        Where there are as many rows as threads, each thread has a row to itself: threads that
        share a row wait for each other.
        """
        threads = torch.get_num_threads()
        requests = self._requests(shapes, threads, threads if len(waiting) >= threads else 1)
        outputs: list[tuple[Tensor, ...]] = []
        while waiting:
            now, waiting = waiting[: len(requests)], waiting[len(requests) :]
            try:
                outputs += [_start(*item) for item in zip(requests, now, strict=False)]
            finally:  # of Ctrl-C, too: whatever has begun must not outlive its memory
                for request in requests:
                    request.wait()
        return outputs

    def _requests(self, shapes: tuple[Any, ...], threads: int, streams: int) -> list[Any]:
        """Return what computes so many rows at once."""
        key = shapes, threads, streams
        if key not in self._compiled:
            LOG.debug("compiling for %s, %d at once", shapes, streams)
            model = self._model.clone()
            model.reshape(dict(enumerate(shapes)))
            options = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": streams}
            compiled = _core().compile_model(model, "CPU", {**self._options, **options})
            self._compiled[key] = [compiled.create_infer_request() for _ in range(streams)]
        self._now += 1
        self._used[key] = self._now
        self._compiled.move_to_end(key)
        oldest = next(iter(self._compiled))
        if len(self._compiled) > self._shapes and self._now - self._used[oldest] > LATELY:
            del self._compiled[oldest], self._used[oldest]
        return self._compiled[key]


def _row_shapes(batch: tuple[Tensor, ...]) -> tuple[Any, ...]:
    """Return the shapes of a row of each input."""
    return tuple((1, *item.shape[1:]) for item in batch)


def _start(request: Any, row: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Have a row computed, and return where its outputs will be."""
    import openvino

    for number, item in enumerate(row):
        request.set_input_tensor(number, openvino.Tensor(item.numpy(), shared_memory=True))
    arrays = [np.empty(tuple(port.shape), np.float32) for port in request.model_outputs]
    for number, array in enumerate(arrays):
        request.set_output_tensor(number, openvino.Tensor(array, shared_memory=True))
    request.start_async()
    return tuple(torch.from_numpy(array) for array in arrays)
