"""Settings, saved inside every weight file as JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

from samtracker.errors import ConfigError

ENCODERS = ("lite", "vit_b", "vit_l", "vit_h")
DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
FEEDBACKS = ("hard", "soft")
OBJECTS = ("largest", "random")
FRAMINGS = ("letterbox", "object")
OPTIMISERS = ("adam", "adamw")
SCHEDULES = ("constant", "cosine")
DATASETS = ("davis", "davis2017", "youtube", "folder")
CORRUPTIONS = ("blur", "noise", "dark", "jpeg", "drop-frames", "occluder", "look-alike")
FORMATS = ("overlay", "masks", "rle", "csv", "alpha")


class _Saved:
    """Settings that are kept in files as JSON."""

    _what: ClassVar[str]

    def __init_subclass__(cls, *, what: str) -> None:
        cls._what = what

    def to_json(self) -> str:
        """Return the settings as one line of JSON; `from_json` reads it back."""
        return json.dumps(dataclasses.asdict(cast(Any, self)), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            ConfigError: Not JSON, or with unknown fields or values.
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"not a {cls._what} configuration: {text[:80]!r} ({error})"
            ) from error


@dataclass(frozen=True, kw_only=True)
class ModelConfig(_Saved, what="model"):
    """What a network is built from.

    Attributes:
        encoder: One of `ENCODERS`.
    """

    encoder: str = "lite"

    def __post_init__(self) -> None:
        _one_of("encoder", self.encoder, ENCODERS)


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """How a tracker runs.

    Attributes:
        size: Short side of the working image in pixels; None is the encoder's own (480 for
            lite; SAM's encoders work at longest side 1024 and at nothing else).
        memory: "rolling" (last frame only), "anchored" (first and last frame) or "bank:N" (N
            confident frames in between as well).
        feedback: What becomes the next template's mask: "hard" (thresholded) or "soft".
        target_model: Whether a discriminator fitted on the first frame takes part; rolling
            memory forgets the first frame and goes without.
        absent_score: A mask with a lower score counts as none.
        absent_share: Likewise one with a smaller share of the object's largest area of late.
        doubtful_score: A mask with a lower score does not enter the memory.
        doubtful_similarity: Nor one that resembles the memory less.
        largest_growth: Nor one so many times larger or smaller than usual.
        largest_step: Nor one that moved so many times the root of its area, for each frame since
            the last good one.
        lost_after: Absent frames in a row after which an object is lost.
        patience: Doubtful frames in a row after which it is lost.
        confirm_after: Good frames in a row, after the one in which a lost object was found, until
            it is tracked and remembered as before.
    """

    size: int | None = None
    memory: str = "bank:1"
    feedback: str = "hard"
    target_model: bool = True
    absent_score: float = 0.2
    absent_share: float = 0.1
    doubtful_score: float = 0.4
    doubtful_similarity: float = 0.45
    largest_growth: float = 4.0
    largest_step: float = 1.5
    lost_after: int = 2
    patience: int = 15
    confirm_after: int = 2

    def __post_init__(self) -> None:
        if self.size is not None and not isinstance(self.size, int):
            raise ConfigError(f"size={self.size!r} is no whole number: give 64 to 4096 pixels")
        if self.size is not None and not 64 <= self.size <= 4096:
            raise ConfigError(f"size={self.size} does not fit: give 64 to 4096 pixels")
        if not re.fullmatch(r"rolling|anchored|bank:[1-9]\d?", str(self.memory)):
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
        """Frames between the first and the last that are kept, at most."""
        return int(self.memory.partition(":")[2] or 0)


@dataclass(frozen=True, kw_only=True)
class TrainConfig(_Saved, what="training"):
    """How a tracker is trained; the defaults are the preset `default`.

    Attributes:
        weights: To start from, a name or a file; it decides the encoder.
        object: Of a clip: "largest", the one with most pixels over the sequence, or "random".
        max_gap: Labeled frames between two frames of a sample, at most.
        framing: "letterbox" (the whole frame) or "object" (a random square around the object,
            flipped and with other colors).
        size: Side of the square model input in pixels, a multiple of 16; 1024 for SAM's encoders.
        length: Frames of a sample: the first, whose mask is given, and those to predict.
        instances: Samples in an epoch.
        epochs: How often each sample is seen.
        batch: Samples in a step, over all processes.
        optimiser: "adam" or "adamw".
        weight_decay: Of adamw.
        learning_rate: At its highest.
        encoder_rate: Of the encoder, as a share of the learning rate; 0 keeps it frozen.
        warmup: Steps over which the learning rate rises from 0.
        schedule: After that: "constant", or "cosine" down to 0.
        clip_norm: Largest norm of the gradient.
        ema: Decay of the averaged weights, which are the ones that are scored and exported; 0 for
            none.
        hard_share: Share of each mask's pixels, the hardest, that cross entropy counts.
        dice_weight: Of the Dice loss.
        iou_weight: Of the squared error of the predicted IoU.
        memory: Of the tracker in training, "rolling" or "anchored".
        feedback: Of the tracker in training.
        precision: "float32", "bfloat16", or "auto": bfloat16 where the hardware has it.
        seed: Of everything random.
        workers: Processes that prepare data.
        checkpoint_every: Steps between two checkpoints.
        evaluate_every: Steps between two evaluations, the end is one too; 0 for none.
        validate: What is scored then, KIND:PATH[:SPLIT].
    """

    weights: str = "lite"
    object: str = "random"
    max_gap: int = 4
    framing: str = "object"
    size: int = 384
    length: int = 4
    instances: int = 8000
    epochs: int = 1
    batch: int = 4
    optimiser: str = "adamw"
    learning_rate: float = 3e-4
    weight_decay: float = 0.01
    encoder_rate: float = 0.0
    warmup: int = 100
    schedule: str = "cosine"
    clip_norm: float = 1.0
    ema: float = 0.998
    hard_share: float = 0.3
    dice_weight: float = 0.5
    iou_weight: float = 0.5
    memory: str = "anchored"
    feedback: str = "hard"
    precision: str = "auto"
    seed: int = 0
    workers: int = 1
    checkpoint_every: int = 100
    evaluate_every: int = 0
    validate: str = ""

    def __post_init__(self) -> None:
        for name, valid in (
            ("object", OBJECTS),
            ("framing", FRAMINGS),
            ("optimiser", OPTIMISERS),
            ("schedule", SCHEDULES),
            ("memory", ("rolling", "anchored")),
            ("feedback", FEEDBACKS),
            ("precision", ("auto", "float32", "bfloat16")),
        ):
            _one_of(name, getattr(self, name), valid)
        _at_least(self, 1, "max_gap", "instances", "epochs", "batch", "checkpoint_every")
        _at_least(self, 2, "length")
        _at_least(self, 64, "size")
        zero = "encoder_rate warmup workers evaluate_every dice_weight iou_weight weight_decay seed"
        _at_least(self, 0, *zero.split())
        if self.size % 16:
            raise ConfigError(f"size={self.size} does not fit: give a multiple of 16")
        for name in ("learning_rate", "clip_norm", "hard_share"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name}={getattr(self, name)} does not fit: give more than 0")
        if self.hard_share > 1:
            raise ConfigError(f"hard_share={self.hard_share} does not fit: give at most 1")
        if not 0 <= self.ema < 1:
            raise ConfigError(f"ema={self.ema} does not fit: give 0 or more and less than 1")
        if bool(self.evaluate_every) != bool(self.validate):
            raise ConfigError(
                f"evaluate_every={self.evaluate_every} and validate={self.validate!r} do not fit: "
                "give both or none"
            )
        if self.instances < self.batch:
            raise ConfigError(
                f"batch={self.batch} does not fit: an epoch has only {self.instances} instances"
            )

    @classmethod
    def preset(cls, name: str) -> Self:
        """Return the settings called "base" or "default".

        `base` is the recipe that the tracker was first published with: pairs of neighboring
        frames, encoder frozen, cross entropy, Adam, 10,000 instances in 10 epochs.

        Raises:
            ConfigError: An unknown name.
        """
        _one_of("preset", name, PRESETS)
        return cls(**(_BASE if name == "base" else {}))

    @property
    def steps(self) -> int:
        """Steps of the whole training; a last batch that would not be full is left out."""
        return self.instances // self.batch * self.epochs


PRESETS = ("base", "default")

_BASE: dict[str, Any] = {
    "object": "largest",
    "max_gap": 1,
    "framing": "letterbox",
    "size": 480,
    "length": 2,
    "instances": 10_000,
    "epochs": 10,
    "batch": 1,
    "optimiser": "adam",
    "learning_rate": 1e-4,
    "weight_decay": 0.0,
    "warmup": 0,
    "schedule": "constant",
    "clip_norm": math.inf,
    "ema": 0.0,
    "hard_share": 1.0,
    "dice_weight": 0.0,
    "iou_weight": 0.0,
    "memory": "rolling",
}


def _at_least(config: TrainConfig, least: int, *names: str) -> None:
    for name in names:
        if getattr(config, name) < least:
            raise ConfigError(f"{name}={getattr(config, name)} does not fit: give at least {least}")


def _one_of(name: str, value: str, valid: tuple[str, ...]) -> None:
    if value not in valid:
        raise ConfigError(f"{name}={value!r} does not exist: use one of {', '.join(valid)}")
