"""Blend trained weights with those that they started from.

Between the two lie weights that keep what the start could do and have most of what was learned:
Wortsman et al., Robust fine-tuning of zero-shot models (CVPR 2022). Of several trained ones it is
the mean that counts: Wortsman et al., Model soups (ICML 2022). From the repository:

    python weights/blend.py START.safetensors 0.7 OUT.safetensors TRAINED.safetensors...
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from samtracker.checkpoints.files import load_state
from samtracker.checkpoints.load import load_network, save_network


def main() -> None:
    """Read the files and write another one."""
    start, share, target, *trained = sys.argv[1:]
    network = load_network(start)
    states = [load_network(path).state_dict() for path in trained]
    blended = {}
    for name, tensor in network.state_dict().items():
        blended[name] = tensor
        if tensor.is_floating_point():
            mean = torch.stack([state[name] for state in states]).mean(0)
            blended[name] = torch.lerp(tensor, mean, float(share))
    network.load(blended)
    _, metadata = load_state(Path(trained[-1]))
    own = {name: text for name, text in metadata.items() if name not in ("format", "config")}
    save_network(Path(target), network, {**own, "share": share})


if __name__ == "__main__":
    main()
