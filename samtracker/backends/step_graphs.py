"""The rest of a step of lite as graphs, for trackers in other languages and without torch.

With encoder and decoder they are all that a tracker computes. What is left is cutting windows,
solving the normal equations of the target model, and deciding what enters the memory. No shape
depends on a value, and one graph takes windows of every size. The key has its channels last.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.export import Dim

from samtracker.backends.graphs import DecoderGraph, EncoderGraph, Graph
from samtracker.model.encoders import CHANNELS, STRIDE, unit
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
    channels, stride = key_channels(network), network.encoder.key_stride
    graphs: dict[str, Graph] = {
        "encoder": EncoderGraph(network),
        "reference": ReferenceGraph(channels, STRIDE // stride),
        "score": ScoreGraph(channels),
        "match_last": MatchLastGraph(channels, RADIUS // stride),
        "match_references": MatchReferencesGraph(channels, STRIDE // stride),
        "decoder": DecoderGraph(network),
    }
    if network.own_prompter is not None:
        graphs["prompter"] = PrompterGraph(network, square)
    return graphs


@torch.no_grad()
def key_channels(network: Network) -> int:
    """Return the number of channels of the key."""
    return network.encode(torch.zeros(1, 3, 64, 64)).key.shape[1]


class ReferenceGraph(Graph):
    """A frame and a mask to what is remembered of them: reference cells, and the target model.

    The model is given by its normal equations, which no graph solves.

    Args:
        channels: Of the key.
        scale: Cells of the key per cell of stride 16.
    """

    outputs = "keys", "shares", "normal", "right"

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        self.channels, self.scale = channels, scale
        h, w = (scale * Dim(name, min=LEAST) for name in "hw")
        self.inputs = {"key": {0: h, 1: w}, "labels": {0: h, 1: w}}

    def forward(self, key: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Make it of a key (2h, 2w, c) and a mask (2h, 2w).

        Returns:
            Keys (hw, c) and shares (hw,) of all cells of stride 16, and the normal equations,
            (c + 1, c + 1) and (c + 1,).
        """
        maps = key.permute(2, 0, 1)[None]
        normal, right = normal_equations(maps, labels[None])
        shares = F.avg_pool2d(labels[None, None], self.scale)
        return _coarse(maps, self.scale).flatten(2)[0].T, shares.flatten(), normal[0], right[0]

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


class MatchLastGraph(Graph):
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


class MatchReferencesGraph(Graph):
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
            "query": {0: scale * Dim("h", min=2), 1: scale * Dim("w", min=2)},
            "keys": {0: m},
            "labels": {0: m},
        }

    def forward(self, query: Tensor, keys: Tensor, labels: Tensor) -> tuple[Tensor, ...]:
        """Match a window (2h, 2w, c) of a key with cells (m, c), whose masks are (m,).

        Returns:
            Label and similarity at the key's stride, and the label at stride 16.
        """
        queries = _coarse(query.permute(2, 0, 1)[None], self.scale)
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


def _coarse(key: Tensor, scale: int) -> Tensor:
    """Return a key (1, c, H, W) at stride 16, as `Features.coarse` does."""
    return unit(F.avg_pool2d(key, scale))


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
