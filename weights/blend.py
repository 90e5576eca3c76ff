"""Blend trained weights with those that they started from.

Between the two lie weights that keep what the start could do and have most of what was learned:
Wortsman et al., Robust fine-tuning of zero-shot models (CVPR 2022). The prompter is taken as it was
trained, for the start could not be pointed with. From the repository:

    python weights/blend.py START.safetensors TRAINED.safetensors 0.7 OUT.safetensors
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from samtracker.checkpoints.files import load_state
from samtracker.checkpoints.load import load_network, save_network


def main() -> None:
    """Read two files and write the third."""
    start, trained, share, target = sys.argv[1:]
    first, network = load_network(start).state_dict(), load_network(trained)
    blended = {
        name: torch.lerp(first[name], tensor, float(share))
        if tensor.is_floating_point() and not name.startswith("prompter.")
        else tensor
        for name, tensor in network.state_dict().items()
    }
    network.load(blended)
    _, metadata = load_state(Path(trained))
    own = {name: text for name, text in metadata.items() if name not in ("format", "config")}
    save_network(Path(target), network, {**own, "share": share})


if __name__ == "__main__":
    main()
