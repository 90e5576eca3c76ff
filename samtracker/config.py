"""Settings of models, trackers and trainings, and the values that they may have.

Those of the model and of the training are kept in weight files and checkpoints as JSON.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
import reprlib
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, Self, cast

from samtracker.errors import ConfigError

ENCODERS = ("lite", "vit_b", "vit_l", "vit_h")
DEVICES = ("auto", "cuda", "mps", "cpu")
PRECISIONS = ("auto", "float32", "bfloat16", "float16")
BACKENDS = ("auto", "torch", "openvino", "onnxruntime")
MOST_THREADS = 1024
"""More than any machine has cores for; a program that starts far more of them is ended."""
FEEDBACKS = ("hard", "soft")
OBJECTS = ("largest", "random")
FRAMINGS = ("letterbox", "object")
OPTIMISERS = ("adam", "adamw")
SCHEDULES = ("constant", "cosine")
DATASETS = ("davis", "davis2017", "youtube", "folder", "instances")
CORRUPTIONS = ("blur", "noise", "dark", "jpeg", "drop-frames", "occluder", "look-alike")
FORMATS = (
    *("overlay", "masks", "rle", "csv", "alpha", "gif", "webm"),
    *("coco", "coco-polygons", "yolo", "mots", "mot", "cvat", "labelme", "prompts"),
)
CONVERTIBLE = ("masks", "rle", "coco", "coco-polygons", "yolo", "mots", "cvat")
SCENE_CUTS = ("ignore", "keep", "stop", "ask")
Direction = Literal["forward", "backward", "both"]
DIRECTIONS: tuple[Direction, ...] = ("forward", "backward", "both")
"""Where frames are tracked to, from the prompts on."""
MASK_KINDS = ("auto", "ids", "binary", "colors")
NEVER = 1e9
"""Largest threshold, which nothing reaches."""


class _Saved:
    """Settings that are kept in files as JSON."""

    _what: ClassVar[str]

    def __init_subclass__(cls, *, what: str) -> None:
        cls._what = what

    def to_json(self) -> str:
        """Return the settings as one line of JSON, which `from_json` reads back."""
        return json.dumps(dataclasses.asdict(cast(Any, self)), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read settings that `to_json` wrote.

        Raises:
            ConfigError: The text is not JSON, or a field or its value is unknown.
        """
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError, OverflowError, RecursionError) as error:
            raise ConfigError(
                f"not a {cls._what} configuration: {text[:80]!r} ({error})"
            ) from error


@dataclass(frozen=True, kw_only=True)
class ModelConfig(_Saved, what="model"):
    """Settings that a network is built from.

    Attributes:
        encoder: One of `ENCODERS`.
        depth: Stride of lite's last stage: 16 tracks only, 32 knows what an object is and takes
            boxes and clicks. SAM's encoders have no choice.
        calibration: Shift and scale of the logit of a mask's expected IoU, which make its score of
            it; fitted by `benchmarks/calibration.py`.

    Raises:
        ConfigError: There is no such encoder, it has no such depth, or the calibration is not two
            numbers of which the second is above 0.
    """

    encoder: str = "lite"
    depth: int = 16
    calibration: tuple[float, float] = (0.0, 1.0)

    def __post_init__(self) -> None:
        _one_of("encoder", self.encoder, ENCODERS)
        if self.depth not in ((16, 32) if self.encoder == "lite" else (16,)):
            raise ConfigError(f"depth={self.depth} does not fit {self.encoder}: give 16 or 32")
        try:
            shift, scale = map(float, self.calibration)
        except (TypeError, ValueError):
            shift = scale = math.nan
        if not (math.isfinite(shift) and 0 < scale < math.inf):
            raise ConfigError(
                f"calibration={self.calibration!r} does not fit: give two numbers, the second "
                "above 0"
            )
        object.__setattr__(self, "calibration", (shift, scale))  # JSON makes a list of it


@dataclass(frozen=True, kw_only=True)
class TrackerConfig:
    """Settings that a tracker runs with.

    `samtracker.tracking.life_cycle` says how the thresholds work together.

    Attributes:
        size: Short side of the working image in pixels, 64 to 4096; None is the encoder's own
            (480 for lite; SAM's encoders work at longest side 1024 and at nothing else).
        memory: "rolling" (last frame only), "anchored" (first and last frame) or "bank:N" (N
            confident frames in between as well, 1 to 99).
        feedback: Mask of the next template: "hard" (thresholded) or "soft" (probabilities).
        target_model: Whether a discriminator fitted on the first frame takes part; rolling
            memory forgets the first frame and goes without.
        anchors: How many of the frames in which the user showed an object are remembered of it,
            2 to 99: the first, the latest, and of those between the ones that differ most.
        max_objects: How many objects there may be at once, 1 to 65535; each takes time and memory.
        absent_score: Score of the IoU head below which a mask counts as none, 0 to 1.
        absent_share: Share of the object's largest recent area below which a mask counts as none,
            0 to 1.
        doubtful_score: The same score below which a mask does not enter the memory, 0 to 1.
        doubtful_similarity: Similarity to the memory below which a mask does not enter it, at
            most 1.
        largest_growth: Factor by which a mask may be larger or smaller than usual and still enter
            the memory.
        largest_step: Distance that a mask may have moved and still enter the memory, as a multiple
            of the root of its area, for each frame since the last good one.
        lost_after: Absent frames in a row after which an object is lost.
        patience: Doubtful frames in a row after which an object is lost.
        confirm_after: Good frames in a row, after the one in which a lost object was found, until
            it is tracked and remembered as before.

    Raises:
        ConfigError: A setting has none of these values.
    """

    size: int | None = None
    memory: str = "bank:1"
    feedback: str = "hard"
    target_model: bool = True
    anchors: int = 8
    max_objects: int = 256
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
        size: Any = self.size
        if size is not None and not isinstance(size, Integral):
            raise ConfigError(
                f"size={reprlib.repr(self.size)} is no whole number: give 64 to 4096 pixels"
            )
        if size is not None:
            if not 64 <= int(size) <= 4096:
                raise ConfigError(f"size={size} does not fit: give 64 to 4096 pixels")
            object.__setattr__(self, "size", int(size))
        if not re.fullmatch(r"rolling|anchored|bank:[1-9]\d?", str(self.memory)):
            raise ConfigError(
                f"memory={reprlib.repr(self.memory)} does not exist: "
                "use 'rolling', 'anchored' or 'bank:N' with N from 1 to 99"
            )
        _one_of("feedback", self.feedback, FEEDBACKS)
        if not isinstance(self.target_model, bool):
            raise ConfigError(
                f"target_model={reprlib.repr(self.target_model)} does not fit: give True or False"
            )
        whole = ("lost_after", "patience", "confirm_after")
        shares = ("absent_score", "absent_share", "doubtful_score")
        _at_least(self, 0, *shares, "largest_step", *whole, most=NEVER)
        _at_least(self, -1, "doubtful_similarity", most=NEVER)
        _at_least(self, 1, "largest_growth", most=NEVER)
        _at_least(self, 1, "max_objects", most=65535)
        anchors: Any = self.anchors
        if not isinstance(anchors, Integral) or not 2 <= int(anchors) <= 99:
            raise ConfigError(f"anchors={reprlib.repr(anchors)} does not fit: give 2 to 99 frames")

    @property
    def anchored(self) -> bool:
        """Whether the memory keeps the first frame."""
        return self.memory != "rolling"

    @property
    def bank(self) -> int:
        """Number of frames between the first and the last that the memory keeps."""
        return int(self.memory.partition(":")[2] or 0)


@dataclass(frozen=True, kw_only=True)
class TrainConfig(_Saved, what="training"):
    """Settings of a training; the defaults are the preset `default`.

    Attributes:
        weights: Name or file of the weights to start from; they decide the encoder.
        object: Object of a clip to learn: "largest", the one with the most pixels over the clip,
            or "random".
        objects: Objects of a clip that are tracked at once, at most.
        pictures: Pictures beside each sample, from which weights of depth 32 learn to find what a
            user points at; other weights, and data without masks, need 0.
        max_gap: Largest distance between two frames of a sample, in labeled frames.
        framing: "letterbox" (the whole frame) or "object" (a random square around the object,
            flipped and with other colors).
        size: Side of the square model input in pixels, a multiple of 16; 1024 for SAM's encoders.
        length: Frames of a sample: the first, whose mask is given, and those to predict.
        instances: Samples in an epoch.
        epochs: Number of times that each sample is seen.
        batch: Samples in a step, over all processes.
        optimiser: Optimizer, "adam" or "adamw".
        learning_rate: Learning rate at its highest.
        weight_decay: Weight decay of adamw.
        encoder_rate: Learning rate of the encoder, as a share of the other; 0 keeps it frozen.
        warmup: Steps over which the learning rate rises from 0.
        schedule: Learning rate after the warm-up: "constant", or "cosine" down to 0.
        clip_norm: Largest norm of the gradient; a larger one is scaled down.
        ema: Decay of the averaged weights, which are the ones that are scored and exported; 0
            averages nothing.
        hard_share: Share of each mask's pixels, the hardest, that cross entropy counts.
        dice_weight: Weight of the Dice loss.
        iou_weight: Weight of the squared error of the predicted IoU.
        memory: Memory of the tracker in training, "rolling" or "anchored".
        feedback: Mask of the next template in training, "hard" or "soft".
        precision: "float32", "bfloat16", or "auto": bfloat16 where the hardware has it.
        seed: Seed of all random numbers.
        workers: Processes that prepare data.
        checkpoint_every: Steps between two checkpoints.
        evaluate_every: Steps between two evaluations, of which the last is at the end; 0
            evaluates never.
        validate: Clips that an evaluation scores, as KIND:PATH[:SPLIT].

    Raises:
        ConfigError: A setting is out of its range, or two do not fit each other.
    """

    weights: str = "lite"
    object: str = "random"
    objects: int = 2
    pictures: int = 2
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
        _at_least(self, 1, "objects", "max_gap", "instances", "epochs", "batch", "checkpoint_every")
        _at_least(self, 2, "length")
        _at_least(self, 64, "size")
        zero = "encoder_rate warmup workers evaluate_every dice_weight iou_weight weight_decay seed"
        rates = ("learning_rate", "clip_norm", "hard_share", "ema")
        _at_least(self, 0, "pictures", *rates, *zero.split())
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
            ConfigError: There is no such preset.
        """
        _one_of("preset", name, PRESETS)
        return cls(**(_BASE if name == "base" else {}))

    @property
    def steps(self) -> int:
        """Number of steps of the whole training; an epoch's last batch is dropped if not full."""
        return self.instances // self.batch * self.epochs


PRESETS = ("base", "default")

_BASE: dict[str, Any] = {
    "object": "largest",
    "objects": 1,
    "pictures": 0,
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


def _at_least(
    config: TrackerConfig | TrainConfig, least: float, *names: str, most: float = math.inf
) -> None:
    """Check numbers, which are whole where the defaults are."""
    for name in names:
        value = getattr(config, name)
        whole = isinstance(getattr(type(config), name), int)
        number = isinstance(value, Integral if whole else Real)
        if not number or not least <= value <= most:
            raise ConfigError(
                f"{name}={reprlib.repr(value)} does not fit: give at least {least:g}"
                + ("" if most == math.inf else f" and at most {most:g}")
                + (", a whole number" if whole else "")
            )


def _one_of(name: str, value: str, valid: tuple[str, ...]) -> None:
    if not isinstance(value, str) or value not in valid:
        raise ConfigError(
            f"{name}={reprlib.repr(value)} does not exist: use one of {', '.join(valid)}"
        )
