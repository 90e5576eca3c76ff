"""The costly parts of lite as ONNX graphs, which other engines compute."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.export import Dim

from samtracker.model.encoders import CHANNELS, STRIDE, Features
from samtracker.model.network import Network
from samtracker.model.object_crops import ObjectCrops
from samtracker.model.prompt_maps import PROMPT_MAPS, PromptMaps

EXAMPLE = (160, 224)
"""(H, W) of the model input that graphs are traced with; they take any other as well."""

OPSET: Final = 18

Sides = dict[int, Any]
"""The sides of a tensor that may be of any length, as `torch.export` wants them."""


class Graph(nn.Module):
    """A module from tensors to tensors.

    Attributes:
        inputs: Names of its inputs, each with the sides that may differ.
        outputs: Names of its outputs.
    """

    inputs: Mapping[str, Sides]
    outputs: Sequence[str]

    def example(self) -> tuple[Tensor, ...]:
        """Return inputs to trace it with."""
        raise NotImplementedError


def write_graphs(network: Network, folder: Path) -> None:
    """Write `encoder.onnx` and `decoder.onnx`, which take inputs of any size.

    Args:
        network: A network with lite's encoder, float32, on the CPU.
        folder: Where to.
    """
    graphs = {"encoder": EncoderGraph(network), "decoder": DecoderGraph(network)}
    for name, graph in graphs.items():
        write_graph(graph, folder / f"{name}.onnx")


@torch.no_grad()
def write_graph(graph: Graph, path: Path) -> None:
    """Write one graph to an ONNX file."""
    # What torch and onnx say of each other is of no use to anybody here.
    logging.getLogger("onnxscript").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.eval(),
            graph.example(),
            path,
            input_names=list(graph.inputs),
            output_names=graph.outputs,
            dynamic_shapes=tuple(graph.inputs.values()),
            opset_version=OPSET,
            external_data=False,
            dynamo=True,
            verbose=False,
        )


def split(*inputs: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """Yield the inputs of each of n rows by itself, for graphs or engines that take one."""
    return zip(*(torch.split(item, 1) for item in inputs), strict=True)


def joined(outputs: Iterable[tuple[Tensor, ...]]) -> tuple[Tensor, ...]:
    """Return the outputs of all rows as one batch; those of a single row as they are."""
    first, *others = outputs
    if not others:
        return first
    return tuple(torch.cat(parts) for parts in zip(first, *others, strict=True))


class EncoderGraph(Graph):
    """A model input to the tensors of `Features`, channels last for those that are read by cells.

    Args:
        network: A network with lite's encoder, float32, on the CPU.
    """

    outputs: Sequence[str] = ("x16", "key", "x8", "x4")

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.encoder = network.encoder.for_inference()
        rows, columns = Dim("rows", min=2), Dim("columns", min=2)
        self.inputs = {"pixels": {1: STRIDE * rows, 2: STRIDE * columns}}

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Encode.

        Args:
            pixels: Float32 (1, H, W, 3), the model input with its channels last.

        Returns:
            x16 (1, 256, H/16, W/16), the key (1, H/8, W/8, c), x8 (1, c8, H/8, W/8) and x4
            (1, c4, H/4, W/4).
        """
        found = self.encoder(pixels.permute(0, 3, 1, 2))
        assert found.x8 is not None, "lite has skips"
        assert found.x4 is not None, "lite has skips"
        return found.x16, found.key.permute(0, 2, 3, 1), found.x8, found.x4

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        return (torch.zeros(1, *EXAMPLE, 3),)

    @staticmethod
    def features(outputs: tuple[Tensor, ...]) -> Features:
        """Return what its outputs are."""
        x16, key, x8, x4 = outputs
        return Features(x16=x16, key=key.permute(0, 3, 1, 2), x8=x8, x4=x4)


class DecoderGraph(Graph):
    """The crop of one object to its logits: matcher and decoder.

    Args:
        network: A network with lite's encoder, float32, on the CPU.
    """

    outputs = "logits", "score", "similarity"

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.matcher = network.matcher
        self.decoder = network.decoder
        skips = network.encoder.skip_channels
        assert skips is not None, "lite has skips"
        self.skips = skips
        n, h, w = Dim("n"), Dim("h", min=2), Dim("w", min=2)
        self.inputs = {
            "image": {0: n, 2: h, 3: w},
            "template": {0: n, 2: h, 3: w},
            "masks": {0: n, 1: h, 2: w},
            "maps": {0: n, 2: 2 * h, 3: 2 * w},
            "x8": {0: n, 2: 2 * h, 3: 2 * w},
            "x4": {0: n, 2: 4 * h, 3: 4 * w},
        }

    def forward(  # noqa: PLR0917 - tensors alone can be traced
        self, image: Tensor, template: Tensor, masks: Tensor, maps: Tensor, x8: Tensor, x4: Tensor
    ) -> tuple[Tensor, ...]:
        """Decode; the arguments are those of `ObjectCrops`, the maps stacked to (n, 6, 2h, 2w).

        Returns:
            Logits (n, 4h, 4w), scores (n,) and similarities (n,).
        """
        dense = self.matcher(image, template, masks)
        found = self.decoder(image, dense, PromptMaps(*maps.unbind(1)), x8, x4)
        return found.logits, found.score, found.similarity

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        n = 2  # a single one would be taken for the only number there is
        h, w = (side // STRIDE for side in EXAMPLE)
        c8, c4 = self.skips
        return (
            torch.zeros(n, CHANNELS, h, w),
            torch.zeros(n, CHANNELS, h, w),
            torch.zeros(n, h, w),
            torch.zeros(n, PROMPT_MAPS, 2 * h, 2 * w),
            torch.zeros(n, c8, 2 * h, 2 * w),
            torch.zeros(n, c4, 4 * h, 4 * w),
        )

    @staticmethod
    def given(crops: ObjectCrops) -> tuple[Tensor, ...]:
        """Return its inputs, float32, for n objects."""
        assert crops.x8 is not None, "lite has skips"
        assert crops.x4 is not None, "lite has skips"
        maps = torch.stack(crops.maps, dim=1)
        given = (crops.image, crops.template, crops.masks, maps, crops.x8, crops.x4)
        return tuple(tensor.float().contiguous() for tensor in given)
