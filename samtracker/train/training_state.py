"""The state of a training: everything that changes while a network is trained."""

from __future__ import annotations

import math
from typing import Any, cast

import torch
from accelerate import Accelerator
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from samtracker.config import TrainConfig
from samtracker.errors import TrainingError
from samtracker.files import DAMAGE
from samtracker.model.network import Network
from samtracker.train.checkpoint import Checkpoint, random_states, restore_random_states
from samtracker.train.learner import Learner
from samtracker.train.losses import Losses
from samtracker.train.rollout import Rollout


class TrainingState:
    """Holds network, averaged network, optimizer and learning rate after some steps.

    Args:
        network: Network that is trained in place.
        config: Settings of the training.
        resume: Checkpoint to go on from; None starts anew.

    Attributes:
        learner: The network as it is trained.
        optimizer: Optimizer of the parameters that are trained.
        done: Number of steps so far.
        scores: Scores of the last validation, in percent by name.

    Raises:
        TrainingError: The checkpoint does not fit the network or the settings.
    """

    def __init__(self, network: Network, config: TrainConfig, resume: Checkpoint | None) -> None:
        if resume is None:
            network.decoder.fold_gain()
        else:
            network.load(resume.network)
        self.learner = Learner(network, config)
        self.optimizer: Any = _optimizer(self.learner.rollout, config)
        self.done = 0
        self.scores: dict[str, float] = {}
        self._network = network
        self._config = config
        self._schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: _rate(step, config)
        )
        self._averaged = _average(network, config.ema)
        if resume is not None:
            self._resume(resume)

    def _resume(self, checkpoint: Checkpoint) -> None:
        self.done, self.scores = checkpoint.step, checkpoint.scores
        try:
            if self._averaged is not None and checkpoint.averaged is not None:
                self._averaged.module.load_state_dict(checkpoint.averaged)
                self._averaged.n_averaged.fill_(checkpoint.step)
            self.optimizer.load_state_dict(checkpoint.optimizer)
            self._schedule.last_epoch = checkpoint.step
            restore_random_states(checkpoint.random)
        except (RuntimeError, *DAMAGE) as error:
            raise TrainingError(
                "the checkpoint does not fit its own network and settings: go on from a copy of "
                "it, or start the training anew"
            ) from error

    @property
    def best(self) -> Network:
        """The averaged network, or without one the network itself."""
        return self._network if self._averaged is None else cast(Network, self._averaged.module)

    @property
    def rate(self) -> float:
        """The learning rate of the step to come."""
        return float(self.optimizer.param_groups[0]["lr"])

    def to(self, device: torch.device) -> None:
        """Move the averaged network, which Accelerate does not know of, to a device."""
        if self._averaged is not None:
            self._averaged.to(device)

    def seed(self) -> None:
        """Seed torch for the step to come, so that it draws the same wherever a training starts."""
        torch.manual_seed(self._config.seed + self.done)

    def learn(self, accelerator: Accelerator, losses: Losses) -> float:
        """Take a step with optimizer, schedule and averaging.

        Args:
            accelerator: Accelerator that has prepared learner and optimizer.
            losses: Losses of the step.

        Returns:
            Norm of the gradient before it was clipped.
        """
        accelerator.backward(losses.total)
        norm = accelerator.clip_grad_norm_(self.learner.parameters(), self._config.clip_norm)
        self.optimizer.step()
        self.optimizer.zero_grad()
        self._schedule.step()
        if self._averaged is not None:
            self._averaged.update_parameters(self._network)
        self.done += 1
        return float(norm)

    def checkpoint(self, sources: tuple[str, ...]) -> Checkpoint:
        """Return a checkpoint of it all.

        Args:
            sources: Names of the sources that the data were made from.
        """
        averaged = None if self._averaged is None else self._averaged.module.state_dict()
        return Checkpoint(
            config=self._config,
            data=sources,
            step=self.done,
            network=self._network.state_dict(),
            averaged=averaged,
            optimizer=self.optimizer.state_dict(),
            random=random_states(),
            scores=self.scores,
        )


def _average(network: Network, decay: float) -> AveragedModel | None:
    """Return a network whose parameters are averaged and whose buffers are taken over."""
    if not decay:
        return None
    average: Any = get_ema_multi_avg_fn(decay)  # type: ignore[no-untyped-call]
    return AveragedModel(network, multi_avg_fn=average)


def _optimizer(rollout: Rollout, config: TrainConfig) -> torch.optim.Optimizer:
    body = set(rollout.encoder_body.parameters())
    groups: list[dict[str, list[nn.Parameter] | float]] = []
    for rate, inside in ((1.0, False), (config.encoder_rate, True)):
        parameters = [p for p in rollout.parameters() if p.requires_grad and (p in body) is inside]
        if parameters:
            groups.append({"params": parameters, "lr": rate * config.learning_rate})
    if config.optimiser == "adam":
        return torch.optim.Adam(groups)
    return torch.optim.AdamW(groups, weight_decay=config.weight_decay)


def _rate(step: int, config: TrainConfig) -> float:
    """Return the share of the learning rate in a step, counted from 0."""
    if step < config.warmup:
        return (step + 1) / config.warmup
    if config.schedule == "constant":
        return 1.0
    progress = (step - config.warmup) / max(config.steps - config.warmup, 1)
    return (1 + math.cos(math.pi * min(progress, 1.0))) / 2
