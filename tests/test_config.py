"""Settings: JSON there and back, and errors that name what is valid."""

from __future__ import annotations

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest

from samtracker.config import (
    DEVICES,
    ENCODERS,
    FEEDBACKS,
    PRECISIONS,
    ModelConfig,
    TrackerConfig,
    TrainConfig,
)
from samtracker.errors import ConfigError


@pytest.mark.parametrize("encoder", ENCODERS)
def test_model_config_comes_back_from_json(encoder: str) -> None:
    config = ModelConfig(encoder=encoder)
    text = config.to_json()
    assert "\n" not in text
    assert json.loads(text) == {"encoder": encoder, "depth": 16, "calibration": [0.0, 1.0]}
    assert ModelConfig.from_json(text) == config


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "null",
        "7",
        '"lite"',
        '{"encoder": "lite", "depth": 3}',
        '{"encoder": []}',
        "[" * 100_000,
    ],
)
def test_other_json_is_an_error_of_one_line(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ModelConfig.from_json(text)
    assert "\n" not in str(caught.value)


def test_encoder_names() -> None:
    assert ENCODERS == ("lite", "vit_b", "vit_l", "vit_h")
    with pytest.raises(
        ConfigError, match=r"encoder='vit' does not exist: .*lite, vit_b, vit_l, vit_h"
    ):
        ModelConfig(encoder="vit")


def test_defaults() -> None:
    config = TrackerConfig()
    assert (config.size, config.memory, config.feedback) == (None, "bank:1", "hard")
    assert config.target_model
    assert DEVICES == ("auto", "cuda", "mps", "cpu")
    assert PRECISIONS == ("auto", "float32", "bfloat16", "float16")


@pytest.mark.parametrize(
    ("memory", "anchored", "bank"),
    [("rolling", False, 0), ("anchored", True, 0), ("bank:1", True, 1), ("bank:99", True, 99)],
)
def test_memory_modes(memory: str, anchored: bool, bank: int) -> None:
    config = TrackerConfig(memory=memory)
    assert (config.anchored, config.bank) == (anchored, bank)


@pytest.mark.parametrize(
    "memory", ["", "Rolling", "bank", "bank:", "bank:0", "bank:-1", "bank:100", "bank:2 ", "bank:x"]
)
def test_other_memory_modes_are_errors(memory: str) -> None:
    with pytest.raises(ConfigError, match="'rolling', 'anchored' or 'bank:N' with N from 1 to 99"):
        TrackerConfig(memory=memory)


@pytest.mark.parametrize("size", [64, 480, 4096])
def test_sizes(size: int) -> None:
    assert TrackerConfig(size=size).size == size


@pytest.mark.parametrize("size", [-480, 0, 63, 4097])
def test_other_sizes_are_errors(size: int) -> None:
    with pytest.raises(ConfigError, match=f"size={size} does not fit: give 64 to 4096 pixels"):
        TrackerConfig(size=size)


@pytest.mark.parametrize("count", [0, 65536, 2.5])
def test_other_limits_of_objects_are_errors(count: Any) -> None:
    with pytest.raises(ConfigError, match=f"max_objects={count} does not fit: give at least 1 "):
        TrackerConfig(max_objects=count)


def test_feedback_names() -> None:
    assert FEEDBACKS == ("hard", "soft")
    with pytest.raises(
        ConfigError, match="feedback='gentle' does not exist: use one of hard, soft"
    ):
        TrackerConfig(feedback="gentle")


@pytest.mark.parametrize("field", dataclasses.fields(TrackerConfig), ids=lambda field: field.name)
@pytest.mark.parametrize(
    "value", ["x", b"x", math.nan, 1j, [1], np.zeros(3), 10**400, math.inf], ids=ascii
)
def test_values_of_another_kind_are_errors(field: dataclasses.Field[Any], value: Any) -> None:
    with pytest.raises(ConfigError, match=f"{field.name}=.*: (give|use) "):
        TrackerConfig(**{field.name: value})


@pytest.mark.parametrize("text", ['{"length": 2.5}', '{"seed": "x"}', '{"weight_decay": NaN}'])
def test_a_training_is_not_set_to_another_kind_of_value(text: str) -> None:
    with pytest.raises(ConfigError, match="does not fit: give at least"):
        TrainConfig.from_json(text)


@pytest.mark.parametrize("config", [ModelConfig(), TrackerConfig()])
def test_settings_do_not_change(config: ModelConfig | TrackerConfig) -> None:
    for field in dataclasses.fields(config):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(config, field.name, None)


@pytest.mark.parametrize("anchors", [1, 100, 8.0, "8"])
def test_number_of_anchors(anchors: Any) -> None:
    with pytest.raises(ConfigError, match=f"anchors={anchors!r} does not fit: give 2 to 99 frames"):
        TrackerConfig(anchors=anchors)
