"""What `config.json` says of exported graphs: all that a tracker needs to know beside them."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

from samtracker._version import __version__
from samtracker.backends.graphs import Graph
from samtracker.backends.step_graphs import key_channels
from samtracker.backends.write_step import SUFFIXES
from samtracker.config import TrackerConfig
from samtracker.model.crop import LADDER
from samtracker.model.encoders import STRIDE
from samtracker.model.geometry import LONGEST
from samtracker.model.lite import DEFAULT_SIZE
from samtracker.model.memory import RADIUS
from samtracker.model.network import NOWHERE, Network
from samtracker.model.prompt_batch import NONE
from samtracker.prompts import pointing, square
from samtracker.results.names import EXPORT_FORMAT
from samtracker.tracking.life_cycle import ADAPTION, FADE
from samtracker.tracking.object_memory import BANK_EVERY, BANK_SCORE

Tensors = dict[str, tuple[str, str]]
"""Shapes and meanings of tensors by their names."""

_SKIPS: Final[Tensors] = {
    "x8": ("n {c8} 2h 2w", "x8 of the encoder, cut to the window"),
    "x4": ("n {c4} 4h 4w", "x4 of the encoder, cut to the window"),
}

ABOUT: Final[dict[str, tuple[str, Tensors, Tensors]]] = {
    "encoder": (
        "Once a frame.",
        {
            "pixels": (
                "1 H W 3",
                "The RGB frame, scaled to the working size: (value - mean) / std; "
                "H and W are multiples of 16",
            )
        },
        {
            "x16": ("1 256 H/16 W/16", "Image embedding"),
            "key": ("1 H/8 W/8 {c}", "Matching key, norm 1 over the channels"),
            "x8": ("1 {c8} H/8 W/8", "Details for the decoder"),
            "x4": ("1 {c4} H/4 W/4", "Finer details for the decoder"),
        },
    ),
    "reference": (
        "For the first frame and each new one of the bank: what is remembered of it. Solve "
        "normal x weights = right (symmetric, positive definite) for the weights of the target "
        "model; those of the bank's frame and of the first one are averaged.",
        {
            "key": ("2h 2w {c}", "Key of the whole frame"),
            "labels": ("2h 2w", "Share of each cell that the object covers, 0 to 1"),
        },
        {
            "keys": ("h*w {c}", "Keys of all cells at stride 16"),
            "shares": ("h*w", "Share of each of them that the object covers, 0 to 1"),
            "normal": ("{c1} {c1}", "Normal matrix with ridge"),
            "right": ("{c1}", "Right-hand side"),
        },
    ),
    "score": (
        "How much each cell looks like the object.",
        {
            "key": ("h w {c}", "Key of the frame, cut to the window"),
            "weights": ("{c1}", "Weights of the target model, the bias last"),
        },
        {"score": ("h w", "-2 to 2, positive for the object")},
    ),
    "match_last": (
        "Matches the frame with the last good one, within the radius; two cells of stride 8 with "
        "the same place in their windows are at the same place.",
        {
            "query": ("h w {c}", "Key of the frame, cut to the window"),
            "key": ("h w {c}", "Key of the last good frame, cut to the same window"),
            "labels": ("h w", "Share of each cell there that the object covers, 0 to 1"),
        },
        {
            "label": ("h w", "Propagated share, 0 to 1"),
            "similarity": ("h w", "Cosine of the best match"),
        },
    ),
    "match_references": (
        "Matches the frame with the reference frames: the first one and those of the bank.",
        {
            "query": ("2h 2w {c}", "Key of the frame, cut to the window"),
            "keys": ("m {c}", "The keys of all reference frames, one after the other"),
            "labels": ("m", "Their shares likewise"),
        },
        {
            "label": ("2h 2w", "Propagated share, 0 to 1, at stride 8"),
            "similarity": ("2h 2w", "Cosine of the best match, at stride 8"),
            "coarse_label": ("h w", "The share at stride 16, to look for a lost object"),
        },
    ),
    "decoder": (
        "The masks of n objects in windows of one size.",
        {
            "image": ("n 256 h w", "x16 of the frame, cut to the window"),
            "template": ("n 256 h w", "x16 of the last good frame, cut to the window there"),
            "masks": ("n h w", "Share of each cell of the template that the object covers"),
            "maps": (
                "n 6 2h 2w",
                "Score, label and similarity of match_references, the same two of match_last, and "
                "labels of the last good frame, in this order",
            ),
            **_SKIPS,
        },
        {
            "logits": ("n 4h 4w", "Of the mask, at stride 4; above 0 is the object"),
            "score": ("n", "Predicted IoU, 0 to 1: decides what enters the memory"),
            "similarity": ("n", "Of the mask to its best matches in the memory"),
        },
    ),
    "prompter": (
        "Masks of what is pointed at in n squares of a frame, scaled to `prompter.square` pixels a "
        "side and encoded one by one; coordinates are pixels of the squares.",
        {
            "x16": ("n 256 S/16 S/16", "x16 of the squares"),
            "x8": ("n {c8} S/8 S/8", "x8 of the squares"),
            "x4": ("n {c4} S/4 S/4", "x4 of the squares"),
            "boxes": ("n 4", "x1 y1 x2 y2; all NaN without a box"),
            "points": ("n p 2", "x and y of clicks; the network was trained with 6 places"),
            "labels": ("n p", "1 on the object, 0 on the background, -1 for no click"),
            "masks": ("n S/4 S/4", "Probabilities of the mask so far; all 0 without one"),
        },
        {
            "logits": ("n 4 S/4 S/4", "The single mask, then three for an ambiguous click"),
            "scores": ("n 4", "Predicted IoU, 0 to 1"),
        },
    ),
}
"""What each graph is for, its inputs and its outputs."""


def export_config(network: Network, graphs: dict[str, Graph], format: str) -> dict[str, Any]:
    """Return the contents of `config.json`.

    Args:
        network: A network with lite's encoder, loaded from a file.
        graphs: From `step_graphs`.
        format: Of the graphs' files.
    """
    settings = dataclasses.asdict(TrackerConfig())
    thresholds = "absent_share doubtful_score doubtful_similarity largest_growth largest_step"
    counts = "absent_score lost_after patience confirm_after"
    encoder = network.encoder
    return {
        "format": EXPORT_FORMAT,
        "version": __version__,
        "weights": {
            "file": "" if network.file is None else network.file.name,
            "sha256": network.digest,
            **dataclasses.asdict(network.config),
        },
        "size": DEFAULT_SIZE,
        "longest_side": LONGEST,
        "mean": encoder.mean.tolist(),
        "std": encoder.std.tolist(),
        "strides": {"x16": STRIDE, "key": encoder.key_stride, "x8": 8, "x4": 4},
        "ladder": LADDER,
        "radius": RADIUS,
        "nowhere": NOWHERE,
        "calibration": network.config.calibration,
        "life_cycle": {
            **{name: settings[name] for name in f"{thresholds} {counts}".split()},
            "fade": FADE,
            "adaption": ADAPTION,
        },
        "memory": {"bank_score": BANK_SCORE, "bank_every": BANK_EVERY},
        "prompter": _prompter() if "prompter" in graphs else None,
        "graphs": {name: _graph(name, graph, network, format) for name, graph in graphs.items()},
    }


def _prompter() -> dict[str, Any]:
    return {
        "square": square.SIDE,
        "padding": square.PADDING,
        "smallest": square.SMALLEST,
        "box_margin": pointing.BOX_MARGIN,
        "mask_margins": pointing.MASK_MARGINS,
        "click_shares": pointing.CLICK_SHARES,
        "clicks": pointing.CLICKS,
        "no_click": NONE,
        "slack": pointing.SLACK,
    }


def _graph(name: str, graph: Graph, network: Network, format: str) -> dict[str, Any]:
    purpose, inputs, outputs = ABOUT[name]
    c8, c4 = network.encoder.skip_channels or (0, 0)
    channels = key_channels(network)
    sizes = {"c8": c8, "c4": c4, "c": channels, "c1": channels + 1}
    types = {
        key: str(item.dtype).removeprefix("torch.")
        for key, item in zip(graph.inputs, graph.example(), strict=True)
    }

    def told(key: str, tensors: Tensors) -> dict[str, Any]:
        shape, meaning = tensors[key]
        return {
            "name": key,
            "type": types.get(key, "float32"),
            "shape": shape.format(**sizes).split(),
            "meaning": meaning,
        }

    return {
        "file": name + SUFFIXES[format],
        "purpose": purpose,
        "inputs": [told(key, inputs) for key in graph.inputs],
        "outputs": [{**told(key, outputs), "type": "float32"} for key in graph.outputs],
    }
