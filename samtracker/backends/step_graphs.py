"""The graphs of a whole step of lite, for trackers in other languages and without torch.

They are all that a tracker computes with the network. What is left is cutting windows, solving the
normal equations of the target model, and deciding what enters the memory. No shape depends on a
value, and one graph takes windows of every size. Maps that are read by cells have channels last.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.export import Dim

from samtracker.backends.graphs import DecoderGraph, EncoderGraph, Graph
from samtracker.model.encoders import CHANNELS, STRIDE
from samtracker.model.memory import RADIUS
from samtracker.model.network import Network
from samtracker.model.prompt_batch import NONE, PromptBatch
from samtracker.model.prompt_batch import STRIDE as FINE
from samtracker.model.propagation import TOP_K, propagate_each
from samtracker.model.target import normal_equations, target_scores

LEAST = 4
"""Rows and columns of a map at least, for `TOP_K` cells vote."""

CELLS = 10, 14
"""Rows and columns of the maps that graphs are traced with."""


def step_graphs(network: Network, square: int) -> dict[str, Graph]:
    """Return the graphs of a step by their names.

    Args:
        network: A network with lite's encoder, float32, on the CPU.
        square: Side of the squares in which the prompter is pointed with, in pixels.
    """
    channels = key_channels(network)
    graphs: dict[str, Graph] = {
        "encoder": StepEncoderGraph(network),
        "target": TargetGraph(channels),
        "score": ScoreGraph(channels),
        "last": LastGraph(channels, RADIUS // network.encoder.key_stride),
        "references": ReferencesGraph(channels, STRIDE // network.encoder.key_stride),
        "decoder": DecoderGraph(network),
    }
    if network.own_prompter is not None:
        graphs["prompter"] = PrompterGraph(network, square)
    return graphs


@torch.no_grad()
def key_channels(network: Network) -> int:
    """Return the number of channels of the key."""
    return network.encode(torch.zeros(1, 3, 64, 64)).key.shape[1]


class StepEncoderGraph(EncoderGraph):
    """The encoder, with the key at stride 16 as a fifth output, (1, H/16, W/16, c)."""

    outputs = (*EncoderGraph.outputs, "coarse")

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """See `EncoderGraph.forward`."""
        found = super().forward(pixels)
        return *found, self.features(found).coarse.permute(0, 2, 3, 1)


class TargetGraph(Graph):
    """A frame and a mask to the normal equations of the target model, which no graph solves.

    Args:
        channels: Of the key.
    """

    outputs = "normal", "right"

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        h, w = Dim("h", min=LEAST), Dim("w", min=LEAST)
        self.inputs = {"key": {0: h, 1: w}, "labels": {0: h, 1: w}}

    def forward(self, key: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Make them of a key (h, w, c) and a mask (h, w): (c + 1, c + 1) and (c + 1,)."""
        normal, right = normal_equations(key.permute(2, 0, 1)[None], labels[None])
        return normal[0], right[0]

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        return torch.zeros(*CELLS, self.channels), torch.zeros(CELLS)


class ScoreGraph(Graph):
    """A window of a key and a target model to the model's scores.

    Args:
        channels: Of the key.
    """

    outputs = ("score",)

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.inputs = {
            "key": {0: Dim("h", min=LEAST), 1: Dim("w", min=LEAST)},
            "weights": {},
        }

    def forward(self, key: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
        """Score a key (h, w, c) with weights (c + 1,): (h, w)."""
        return (target_scores(weights[None], key.permute(2, 0, 1))[0],)

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        return torch.zeros(*CELLS, self.channels), torch.zeros(self.channels + 1)


class LastGraph(Graph):
    """Matching with the last frame, within a radius.

    Args:
        channels: Of the key.
        radius: In cells of the key.
    """

    outputs = "label", "similarity"

    def __init__(self, channels: int, radius: int) -> None:
        super().__init__()
        self.channels, self.radius = channels, radius
        h, w = Dim("h", min=LEAST), Dim("w", min=LEAST)
        self.inputs = {"query": {0: h, 1: w}, "key": {0: h, 1: w}, "labels": {0: h, 1: w}}

    def forward(self, query: Tensor, key: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Match the same window of two keys (h, w, c), the last one's mask being (h, w)."""
        queries, keys = (item.permute(2, 0, 1)[None] for item in (query, key))
        label, similarity = propagate_each(queries, keys, labels[None], self.radius)
        return label[0], similarity[0]

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        maps = torch.zeros(*CELLS, self.channels)
        return maps, maps.clone(), torch.zeros(CELLS)


class ReferencesGraph(Graph):
    """Matching at stride 16 with all cells of all reference frames.

    Args:
        channels: Of the key.
        scale: Cells of the key per cell of stride 16.
    """

    outputs = "label", "similarity", "coarse_label"

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.channels, self.scale = channels, scale
        m = Dim("m", min=TOP_K)
        self.inputs = {
            "query": {0: Dim("h", min=2), 1: Dim("w", min=2)},
            "keys": {0: m},
            "labels": {0: m},
        }

    def forward(self, query: Tensor, keys: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Match a window (h, w, c) with keys (m, c), whose masks are (m,).

        Returns:
            Label and similarity at the key's stride, and the label at stride 16.
        """
        queries = query.permute(2, 0, 1)[None]
        label, best = propagate_each(queries, keys.T[None, :, None], labels[None, None], None)
        fine = F.interpolate(
            torch.stack([label, best], dim=1), scale_factor=float(self.scale), mode="bilinear"
        )
        return fine[0, 0], fine[0, 1], label[0]

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        h, w = CELLS
        keys = torch.zeros(h * w + 1, self.channels)
        return torch.zeros(h, w, self.channels), keys, torch.zeros(len(keys))


class PrompterGraph(Graph):
    """What is pointed at in n squares to candidates for a mask.

    Args:
        network: A network with a prompter of its own, float32, on the CPU.
        square: Side of the squares in pixels.
    """

    outputs = "logits", "scores"

    def __init__(self, network: Network, square: int) -> None:
        super().__init__()
        self.prompter = network.own_prompter
        skips = network.encoder.skip_channels
        assert skips is not None, "lite has skips"
        self.skips, self.square = skips, square
        n, clicks = Dim("n"), Dim("p")
        self.inputs = {
            **{name: {0: n} for name in ("x16", "x8", "x4", "boxes")},
            **{name: {0: n, 1: clicks} for name in ("points", "labels")},
            "masks": {0: n},
        }

    def forward(  # noqa: PLR0917 - tensors alone can be traced
        self,
        x16: Tensor,
        x8: Tensor,
        x4: Tensor,
        boxes: Tensor,
        points: Tensor,
        labels: Tensor,
        masks: Tensor,
    ) -> tuple[Tensor, ...]:
        """Decode; see `Prompter.forward` and `PromptBatch`."""
        assert self.prompter is not None, "the network has a prompter"
        prompts = PromptBatch(boxes=boxes, points=points, labels=labels, masks=masks)
        found = self.prompter(x16, x8, x4, prompts)
        return found.logits, found.scores

    def example(self) -> tuple[Tensor, ...]:
        """See `Graph.example`."""
        n, clicks = 2, 6  # a single one would be taken for the only number there is
        coarse, fine = self.square // STRIDE, self.square // FINE
        c8, c4 = self.skips
        return (
            torch.zeros(n, CHANNELS, coarse, coarse),
            torch.zeros(n, c8, fine // 2, fine // 2),
            torch.zeros(n, c4, fine, fine),
            torch.full((n, 4), torch.nan),
            torch.zeros(n, clicks, 2),
            torch.full((n, clicks), NONE),
            torch.zeros(n, fine, fine),
        )
