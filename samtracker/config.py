"""Settings, saved inside every weight file as JSON."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from typing import Self

from samtracker.errors import ConfigError

ENCODERS = ("lite", "vit_b", "vit_l", "vit_h")
DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
FEEDBACKS = ("hard", "soft")
FORMATS = ("overlay", "masks", "rle", "csv", "alpha")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What a network is built from.

    Attributes:
        encoder: one of `ENCODERS`.
    """

    encoder: str = "lite"

    def __post_init__(self) -> None:
        _one_of("encoder", self.encoder, ENCODERS)

    def to_json(self) -> str:
        """As one line of JSON; `from_json` reads it back."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: not JSON, or with unknown fields or values.
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ConfigError(f"not a model configuration: {text[:80]!r} ({error})") from error


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """How a tracker runs.

    Attributes:
        size: short side of the working image in pixels; None is the encoder's own (480 for
            lite; SAM's encoders work at longest side 1024 and at nothing else).
        memory: "rolling" (last frame only), "anchored" (first and last frame) or "bank:N" (N
            confident frames in between as well).
        feedback: what becomes the next template's mask: "hard" (thresholded) or "soft".
        target_model: whether a discriminator fitted on the first frame takes part; rolling
            memory forgets the first frame and goes without.
    """

    size: int | None = None
    memory: str = "anchored"
    feedback: str = "hard"
    target_model: bool = True

    def __post_init__(self) -> None:
        if self.size is not None and not 64 <= self.size <= 4096:
            raise ConfigError(f"size={self.size} does not fit: give 64 to 4096 pixels")
        if not re.fullmatch(r"rolling|anchored|bank:[1-9]\d?", self.memory):
            raise ConfigError(
                f"memory={self.memory!r} does not exist: "
                "use 'rolling', 'anchored' or 'bank:N' with N from 1 to 99"
            )
        _one_of("feedback", self.feedback, FEEDBACKS)

    @property
    def anchored(self) -> bool:
        """Whether the first frame's template is kept."""
        return self.memory != "rolling"

    @property
    def bank(self) -> int:
        """How many frames between the first and the last are kept."""
        return int(self.memory.partition(":")[2] or 0)


def _one_of(name: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise ConfigError(f"{name}={value!r} does not exist: use one of {', '.join(valid)}")
