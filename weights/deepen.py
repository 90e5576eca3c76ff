"""Make a start for training with the stages of stride 32 from weights that go up to stride 16.

It tracks as those weights do: what is new is zero where it is added to what was there. Run it from
the repository's root, with the `dev` extra installed:

    python weights/deepen.py OLD.safetensors START.safetensors
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import torch
from build_start import imagenet_state

from samtracker.checkpoints.load import load_network, save_network
from samtracker.config import ModelConfig
from samtracker.model.network import SEED, Network

SPREAD = 0.02
"""Deviation of what tells the candidates apart at first."""

ZERO = (
    "decoder.user_embedding.2.",
    "decoder.prompt_encoder.mask_downscaling.6.",
    "decoder.prompt_encoder.no_mask_embed.",
)
"""New layers whose output is added to what was there."""


def deepen(old: Network) -> Network:
    """Return a network of depth 32 that tracks as one of depth 16 does."""
    old.decoder.fold_gain()
    new = Network(ModelConfig(depth=32)).eval()
    known, imagenet = old.state_dict(), imagenet_state()
    state = new.state_dict()
    with torch.random.fork_rng():
        torch.manual_seed(SEED)
        for name, tensor in state.items():
            state[name] = _start(name, tensor, known, imagenet)
    new.load(state)
    return new


def _start(  # noqa: PLR0911 - one for each kind of tensor
    name: str,
    tensor: torch.Tensor,
    known: dict[str, torch.Tensor],
    imagenet: dict[str, torch.Tensor],
) -> torch.Tensor:
    """Return the first value of a tensor of the new network."""
    if name in known and known[name].shape == tensor.shape:
        return known[name]
    if name.startswith("body.deep."):
        return imagenet[name.replace("body.deep.", "blocks.")]
    if name.startswith(ZERO):
        return torch.zeros_like(tensor)
    if "pe_layer" in name:
        return known["decoder.position.positional_encoding_gaussian_matrix"]
    if name == "decoder.mask_decoder.mask_tokens.weight":
        noise = SPREAD * torch.randn_like(tensor)
        noise[0] = 0
        return known[name] + noise
    if "output_hypernetworks_mlps" in name:
        return known[re.sub(r"mlps\.\d", "mlps.0", name)]
    if name.startswith("decoder.skips."):  # the new channels are the last ones
        wide = torch.zeros_like(tensor)
        wide[:, : known[name].shape[1]] = known[name]
        return wide
    if "iou_prediction_head" in name:
        return known[name].expand_as(tensor)
    return tensor


def main() -> None:
    """Read one file and write the other."""
    source, target = sys.argv[1:]
    save_network(Path(target), deepen(load_network(source)), {"started_from": source})


if __name__ == "__main__":
    main()
