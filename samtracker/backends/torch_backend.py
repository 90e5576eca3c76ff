"""PyTorch as a backend: always there, on every device, with every network."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import cast

import torch
from torch import Tensor, nn

from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.network import Network
from samtracker.model.object_crops import ObjectCrops

CONVERTED = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear, nn.MultiheadAttention)
"""Layers that compute in half precision under autocast; norms stay in float32."""


class TorchBackend:
    """A network on a device, its encoder made quicker for inference.

    Args:
        network: Moved to the device, its weights to the precision, for good.
        device: Where it computes.
        precision: In which number format.

    Attributes:
        network: The network, in evaluation mode.
        encoder: Its encoder for inference.
        device: As given.
        precision: As given.
    """

    name = "torch"

    def __init__(self, network: Network, device: torch.device, precision: torch.dtype) -> None:
        self.device = device
        self.precision = precision
        self.network = network.eval().to(device)
        self.encoder = network.encoder.for_inference()
        for part in (network, cast(nn.Module, self.encoder)):
            # Depthwise convolutions on a CPU are about three times faster in this layout.
            part.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            # Autocast would convert these weights again in every frame.
            for module in part.modules():
                if isinstance(module, CONVERTED):
                    module.to(precision)

    def encode(self, model_input: Tensor) -> Features:
        """See `Backend.encode`; the batch may be of any size."""
        with self.autocast():
            return self.encoder(model_input)

    def decode(self, crops: ObjectCrops) -> Decoded:
        """See `Backend.decode`."""
        with self.autocast():
            return self.network.decode_crops(crops)

    def autocast(self) -> AbstractContextManager[None]:
        """Compute in the precision until the end of the `with` block."""
        enabled = self.precision is not torch.float32
        context: AbstractContextManager[None] = torch.autocast(
            self.device.type, self.precision, enabled=enabled
        )
        return context
