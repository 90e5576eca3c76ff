"""A prompt of the user in a frame of a clip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from samtracker.serve.run_lengths import RunLengths


@dataclass(frozen=True, kw_only=True)
class PlacedPrompt:
    """A mask that the user has given an object in a frame; those of a frame never overlap.

    Attributes:
        frame: Number of the frame.
        object_id: Id of the object.
        mask: The mask.
        shown: What was pointed at: {"box": ...}, {"points": ...} or {"painted": True}.
        prior: Mask that the clicks correct; None for none.
    """

    frame: int
    object_id: int
    mask: RunLengths
    shown: Mapping[str, Any]
    prior: RunLengths | None
