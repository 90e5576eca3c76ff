"""Settings: JSON there and back, and errors that name what is valid."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from samtracker.config import DEVICES, ENCODERS, FEEDBACKS, PRECISIONS, ModelConfig, TrackerConfig
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
    with pytest.raises(ConfigError, match=f"max_objects={count} does not fit: give 1 to 65535"):
        TrackerConfig(max_objects=count)


def test_feedback_names() -> None:
    assert FEEDBACKS == ("hard", "soft")
    with pytest.raises(
        ConfigError, match="feedback='gentle' does not exist: use one of hard, soft"
    ):
        TrackerConfig(feedback="gentle")


@pytest.mark.parametrize("config", [ModelConfig(), TrackerConfig()])
def test_settings_do_not_change(config: ModelConfig | TrackerConfig) -> None:
    for field in dataclasses.fields(config):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(config, field.name, None)


@pytest.mark.parametrize("value", ["0.5", None, float("nan"), float("inf"), [0.5]])
@pytest.mark.parametrize("name", ["absent_score", "largest_step", "lost_after", "target_model"])
def test_other_settings_are_numbers(name: str, value: object) -> None:
    with pytest.raises(ConfigError, match=f"^{name}=.* is no number: its default is "):
        TrackerConfig(**{name: value})  # type: ignore[arg-type]
