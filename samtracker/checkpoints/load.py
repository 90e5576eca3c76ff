"""From a weight file to a network, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from samtracker.checkpoints.files import load_state, save_state
from samtracker.checkpoints.manifest import checked_digest, find
from samtracker.config import ModelConfig
from samtracker.errors import ConfigError, WeightsError
from samtracker.model.network import Network

FORMAT = "samtracker-1"
"""Metadata `format` of our own weight files."""

TRAINING = "training."
"""What the names of tensors begin with that only training needs."""

SAM_WIDTHS = {768: "vit_b", 1024: "vit_l", 1280: "vit_h"}
"""SAM's encoders by the width of their embedding."""


def load_network(name_or_path: str | Path) -> Network:
    """Build the network that a weight file was made for, and fill it.

    Args:
        name_or_path: A name of the manifest, a file of `save_network`, a checkpoint of
            `samtrack train`, or an official SAM checkpoint. From a SAM checkpoint the encoder, the
            prompt encoder and the mask decoder start trained, the matcher does not.

    Returns:
        The network in evaluation mode, float32, on the CPU.

    Raises:
        WeightsError: The file is missing, damaged or of another kind, or a weight is not finite.
    """
    path = find(name_or_path)
    digest = checked_digest(path)  # now, for another file may lie there later
    state, metadata = load_state(path)
    if "config" in metadata:
        network = Network(_config(path, metadata["config"]))
        network.load({name: t for name, t in state.items() if not name.startswith(TRAINING)})
    else:
        network = Network(ModelConfig(encoder=_sam_encoder(path, state)))
        network.load_sam(state)
    _check_finite(path, network)
    network.file, network.digest = path, digest
    return network.eval().requires_grad_(False)


def save_network(path: Path, network: Network, metadata: Mapping[str, str]) -> None:
    """Write a network as fp16 safetensors, with its configuration in the header.

    Raises:
        OutputError: The file cannot be written.
    """
    tensors = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in network.state_dict().items()
    }
    header = {**metadata, "format": FORMAT, "config": network.config.to_json()}
    save_state(path, tensors, header)


def _check_finite(path: Path, network: Network) -> None:
    for name, tensor in network.state_dict().items():
        if not torch.isfinite(tensor).all():
            raise WeightsError(
                f"weights {path} are damaged: '{name}' holds NaN or infinite values; "
                "download them again, or train from an earlier checkpoint"
            )


def _config(path: Path, text: str) -> ModelConfig:
    try:
        return ModelConfig.from_json(text)
    except ConfigError as error:
        raise WeightsError(f"weights {path} are damaged or of another version: {error}") from error


def _sam_encoder(path: Path, state: dict[str, Tensor]) -> str:
    position = state.get("image_encoder.pos_embed", torch.empty(0))
    width = (0, *position.shape)[-1]
    if width not in SAM_WIDTHS:
        raise WeightsError(
            f"weights {path} are neither samtracker's nor an official SAM checkpoint: "
            "see 'samtrack weights list' for the ones that work"
        )
    return SAM_WIDTHS[width]
