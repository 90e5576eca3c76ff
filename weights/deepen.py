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
from samtracker.model.prompt_maps import PROMPT_MAPS

SPREAD = 0.02
"""Deviation of what tells the candidates apart at first."""

ZERO = ("fine_embedding.2.", "mask_downscaling.6.", "no_mask_embed.")
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


def _start(
    name: str,
    tensor: torch.Tensor,
    known: dict[str, torch.Tensor],
    imagenet: dict[str, torch.Tensor],
) -> torch.Tensor:
    """Return the first value of a tensor of the new network."""
    if name.startswith("body.deep."):
        return imagenet[name.replace("body.deep.", "blocks.")]
    if any(part in name for part in ZERO):
        return torch.zeros_like(tensor)
    # The prompter starts as the decoder, each of its candidates as the only mask.
    name = re.sub(r"^prompter\.(prompt_encoder\.pe_layer\b|position\b)", "decoder.position", name)
    name = re.sub(r"hypernetworks_mlps\.\d", "hypernetworks_mlps.0", name)
    old = known.get(name.replace("prompter.", "decoder."))
    if old is None or old.shape == tensor.shape:
        return tensor if old is None else old
    if name.endswith("mask_tokens.weight"):
        noise = SPREAD * torch.randn_like(tensor)
        noise[0] = 0
        return old + noise
    if ".skips." in name:  # the features come first, then the prompt maps, then what is new
        shared = old.shape[1] - (PROMPT_MAPS if name == "prompter.skips.0.weight" else 0)
        wide = torch.zeros_like(tensor)
        wide[:, :shared] = old[:, :shared]
        return wide
    return old.expand_as(tensor)  # the IoU of each candidate


def main() -> None:
    """Read one file and write the other."""
    source, target = sys.argv[1:]
    save_network(Path(target), deepen(load_network(source)), {"started_from": source})


if __name__ == "__main__":
    main()
