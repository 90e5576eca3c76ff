"""Learning to point: what is lost, and that it is learned."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from samtracker.config import ModelConfig, TrainConfig
from samtracker.errors import ConfigError
from samtracker.model.network import Network
from samtracker.train.learner import Learner
from samtracker.train.pointing import Pictures, point
from tests.helpers.scenes import BLUE, RED, film

SIDE = 96
CONFIG = TrainConfig(size=SIDE, learning_rate=1e-3, pictures=2, precision="float32")


def pictures(count: int = 2) -> Pictures:
    """A ball each, whole and with nothing to ignore."""
    shots = film([BLUE, RED], count)
    frames = torch.stack([torch.from_numpy(shot.frame.copy()) for shot in shots])
    ids = torch.stack([torch.from_numpy(shot.ids.copy()) for shot in shots])
    masks = ids[:, :SIDE, :SIDE] == 2
    assert masks.flatten(1).any(1).all()
    return Pictures(
        frames=frames[:, :SIDE, :SIDE].permute(0, 3, 1, 2),
        masks=masks,
        ignored=torch.zeros_like(masks),
        inside=torch.ones(count),
    )


@pytest.fixture
def network() -> Network:
    torch.manual_seed(0)
    return Network(ModelConfig(depth=32))


def test_losses_fall_on_one_picture(network: Network) -> None:
    learner = Learner(network, CONFIG)
    optimizer = torch.optim.AdamW(
        [parameter for parameter in learner.parameters() if parameter.requires_grad],
        lr=CONFIG.learning_rate,
    )
    one, losses = pictures(1), []
    for _ in range(12):
        found = point(network, CONFIG, one)
        losses.append(float(found.total.detach()))
        found.total.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
    assert sum(losses[-3:]) < 0.6 * sum(losses[:3])
    assert set(found.parts) == {"cross_entropy", "dice", "iou_error", "iou"}


@torch.no_grad()
def test_what_is_ignored_costs_nothing(network: Network) -> None:
    given = pictures()
    losses = []
    for ignored in (given.ignored, ~given.masks):
        torch.manual_seed(0)
        losses.append(point(network, CONFIG, replace(given, ignored=ignored)))
    plain, free = losses
    # Where only the object counts, nothing is found in vain.
    assert float(free.total) < float(plain.total)
    assert float(free.parts["iou"]) > float(plain.parts["iou"])


@torch.no_grad()
def test_the_iou_is_that_with_the_whole_object(network: Network) -> None:
    # All of the squares are object, so that any mask is a part of it: half as much in all of it.
    given = pictures()
    given = replace(given, masks=torch.ones_like(given.masks))
    found = []
    for inside in (1.0, 0.5):
        torch.manual_seed(0)
        shown = replace(given, inside=torch.full((2,), inside))
        found.append(float(point(network, CONFIG, shown).parts["iou"]))
    assert found[0] > 0
    assert found[1] == pytest.approx(found[0] / 2, rel=1e-5)


def test_a_step_learns_both(network: Network) -> None:
    learner = Learner(network, CONFIG)
    given = pictures(4)
    clips = pictures(4)
    batch = {
        "frames": clips.frames.view(2, 2, 3, SIDE, SIDE),
        "ids": clips.masks.view(2, 2, SIDE, SIDE).byte(),
        "pictures": given.frames.view(2, 2, 3, SIDE, SIDE),
        "picture_masks": given.masks.view(2, 2, SIDE, SIDE),
        "picture_ignored": given.ignored.view(2, 2, SIDE, SIDE),
        "picture_inside": given.inside.view(2, 2),
    }
    losses = learner(batch)
    assert 0 <= float(losses.parts["picture_iou"]) <= 1
    losses.total.backward()
    unmoved = {
        name
        for name, parameter in learner.named_parameters()
        if parameter.requires_grad and parameter.grad is None
    }
    assert unmoved == set()


def test_without_pictures_nothing_waits_for_a_gradient(network: Network) -> None:
    learner = Learner(network, replace(CONFIG, pictures=0))
    clips = pictures(2)
    losses = learner({"frames": clips.frames[None], "ids": clips.masks[None].byte()})
    assert losses.parts["picture_iou"].isnan()
    losses.total.backward()
    unmoved = {
        name
        for name, parameter in learner.named_parameters()
        if parameter.requires_grad and parameter.grad is None
    }
    assert unmoved == set()


def test_weights_that_only_track_cannot_be_pointed_with() -> None:
    network = Network(ModelConfig())
    with pytest.raises(ConfigError, match="pictures=2 do not fit weights of depth 16: give 0"):
        Learner(network, CONFIG)
    Learner(network, replace(CONFIG, pictures=0))
