"""The contract of all backends."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.object_crops import ObjectCrops


class Backend(Protocol):
    """Computes what of a network costs most.

    Attributes:
        name: One of `samtracker.config.BACKENDS`.
    """

    name: str

    def encode(self, model_input: Tensor) -> Features:
        """Encode a float32 batch (n, 3, H, W) from `InputTransform.prepare`."""
        ...

    def decode(self, crops: ObjectCrops) -> Decoded:
        """Match and decode n objects; see `Network.decode_crops`."""
        ...
