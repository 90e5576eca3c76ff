"""What a step of training minimizes: rollouts of clips, and pictures that are pointed at."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from samtracker.config import TrainConfig
from samtracker.errors import ConfigError
from samtracker.model.network import Network
from samtracker.train.losses import Losses
from samtracker.train.pointing import Pictures, point
from samtracker.train.rollout import Rollout


class Learner(nn.Module):
    """Learns to track and to find what a user points at, with one network and in one step.

    Args:
        network: Network that is trained in place.
        config: Gives the weights of the losses.

    Raises:
        ConfigError: The network cannot learn from pictures.
    """

    def __init__(self, network: Network, config: TrainConfig) -> None:
        super().__init__()
        if config.pictures and network.own_prompter is None:
            raise ConfigError(
                f"pictures={config.pictures} do not fit weights of depth {network.config.depth}: "
                "give 0, or weights that can be pointed with"
            )
        self.rollout = Rollout(network, config)
        self._config = config

    def forward(self, batch: dict[str, Tensor]) -> Losses:
        """Return the losses of a batch of `TrainingSet`.

        The parts are those of the rollouts, and "picture_iou", which is NaN without pictures.
        """
        losses = self.rollout(batch["frames"], batch["ids"])
        if not self._config.pictures:
            none = torch.full_like(losses.total.detach(), torch.nan)
            return Losses(losses.total, {**losses.parts, "picture_iou": none})
        pictures = Pictures(
            frames=batch["pictures"].flatten(0, 1),
            masks=batch["picture_masks"].flatten(0, 1),
            ignored=batch["picture_ignored"].flatten(0, 1),
            inside=batch["picture_inside"].flatten(0, 1),
        )
        pointed = point(self.rollout.network, self._config, pictures)
        return Losses(
            losses.total + pointed.total, {**losses.parts, "picture_iou": pointed.parts["iou"]}
        )
