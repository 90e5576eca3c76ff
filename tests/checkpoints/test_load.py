"""From weight files to networks: what is in the file must be weights."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from samtracker.checkpoints.files import load_state, save_state
from samtracker.checkpoints.load import load_network, save_network
from samtracker.config import TrackerConfig
from samtracker.errors import WeightsError
from samtracker.model.network import Network
from samtracker.tracker import Tracker
from tests.helpers.scenes import BLUE, RED, film

SHOTS = film([RED, BLUE], 4)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_weights_that_are_not_finite_are_refused(
    tmp_path: Path, lite: Network, value: float
) -> None:
    path = tmp_path / "weights.safetensors"
    save_network(path, lite, {})
    tensors, metadata = load_state(path)
    tensors["matcher.attention.out_proj.bias"][7] = value
    save_state(path, tensors, metadata)
    message = r"are damaged: 'matcher\.attention\.out_proj\.bias' holds NaN or infinite values"
    with pytest.raises(WeightsError, match=message):
        load_network(path)


def test_a_configuration_of_many_levels_is_refused(tmp_path: Path, lite: Network) -> None:
    path = tmp_path / "weights.safetensors"
    save_network(path, lite, {})
    tensors, metadata = load_state(path)
    save_state(path, tensors, {**metadata, "config": "[" * 100_000})
    with pytest.raises(WeightsError, match="are damaged or of another version"):
        load_network(path)


def test_noise_for_weights_tracks_nothing_and_says_so() -> None:
    network = load_network("propagation")
    torch.manual_seed(0)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point():
                tensor.normal_()  # variances below 0 are among them: the keys are NaN
    tracker = Tracker(network, TrackerConfig(size=64), device="cpu", precision="float32")
    tracker.init(SHOTS[0].frame, mask=SHOTS[0].ids)
    for shot in SHOTS[1:]:
        result = tracker.step(shot.frame)
    assert [(item.state, item.score) for item in result.objects] == [("lost", 0.0)] * 2
