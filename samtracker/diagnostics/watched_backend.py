"""A backend that tells when it computes."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from samtracker.backends.backend import Backend
from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.object_crops import ObjectCrops


class WatchedBackend:
    """Does as another backend does.

    Args:
        backend: The other one.
        note: Called with "encoded" after a frame, "decoding" before objects and "decoded" after.
    """

    def __init__(self, backend: Backend, note: Callable[[str], None]) -> None:
        self.name = backend.name
        self._backend = backend
        self._note = note

    def encode(self, model_input: Tensor) -> Features:
        """See `Backend.encode`."""
        features = self._backend.encode(model_input)
        self._note("encoded")
        return features

    def decode(self, crops: ObjectCrops) -> Decoded:
        """See `Backend.decode`."""
        self._note("decoding")
        decoded = self._backend.decode(crops)
        self._note("decoded")
        return decoded
