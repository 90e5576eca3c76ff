"""The contracts of backends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class JoiningBackend(Backend, Protocol):
    """A backend for which rows of several batches together are less work than batch by batch.

    What is computed of a row is the same, bit for bit, whatever it is computed with.
    """

    def encode_all(self, model_inputs: Sequence[Tensor]) -> list[Features]:
        """Encode batches, which may differ in size."""
        ...

    def decode_all(self, crops: Sequence[ObjectCrops]) -> list[Decoded]:
        """Match and decode batches of objects, whose crops may differ in size."""
        ...
