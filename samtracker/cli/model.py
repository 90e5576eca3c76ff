"""The tracker that a command's options describe."""

from __future__ import annotations

from functools import cache
from typing import Any

from samtracker.config import ModelConfig
from samtracker.errors import ConfigError
from samtracker.tracker import Tracker

DEFAULT_WEIGHTS = "lite"


def build_tracker(
    *,
    encoder: str | None,
    weights: str | None,
    device: str,
    precision: str,
    backend: str,
    size: int | None,
    memory: str,
    feedback: str,
    target_model: bool,
    anchors: int,
    max_objects: int,
) -> Tracker:
    """Build the tracker for `model_options`.

    Raises:
        ConfigError: An option that does not exist or does not fit the others.
        WeightsError: The weights are missing or damaged.
    """
    if encoder is not None:
        ModelConfig(encoder=encoder)  # an unknown name is refused with the names there are
    tracker = Tracker.from_pretrained(
        weights or encoder or DEFAULT_WEIGHTS,
        device=device,
        precision=precision,
        backend=backend,
        size=size,
        memory=memory,
        feedback=feedback,
        target_model=target_model,
        anchors=anchors,
        max_objects=max_objects,
    )
    built = tracker.runtime.network.config.encoder
    if encoder not in (None, built):
        raise ConfigError(
            f"--encoder {encoder} does not fit --weights {weights}, made for {built}: "
            "leave --encoder out"
        )
    return tracker


@cache
def kept_tracker(**model: Any) -> Tracker:
    """Return the one tracker of this process for `model_options`, see `build_tracker`."""
    return build_tracker(**model)
