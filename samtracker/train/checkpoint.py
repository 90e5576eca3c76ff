"""Checkpoints: weight files that also hold all that a training needs to go on.

The tensors under their plain names are the network's, averaged if `ema` is on, so that every
checkpoint can be tracked with; those under `training.` are the rest. Like every weight file a
checkpoint is safetensors, and is written whole or not at all. A checksum tells one that was changed
since: training would go on with anything that has the right shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from samtracker.checkpoints.files import checksum, load_state, save_state
from samtracker.checkpoints.load import FORMAT, TRAINING
from samtracker.config import TrainConfig
from samtracker.errors import ConfigError, TrainingError, WeightsError
from samtracker.files import DAMAGE
from samtracker.model.network import Network

NETWORK, OPTIMIZER, RANDOM = (f"{TRAINING}{part}." for part in ("network", "optimiser", "random"))
"""Prefixes of the tensors in the file."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A training at one step.

    Attributes:
        config: Settings of the training.
        data: Names of the sources of its data, see `parse_source`.
        step: Number of steps done; with `config.seed` also the position in the data.
        network: State dict of the network that is trained.
        averaged: State dict of the averaged network; None without averaging.
        optimizer: State dict of the optimizer; the schedule is a function of the step.
        random: States of the random number generators by name.
        scores: Scores of the last validation, in percent by name.
    """

    config: TrainConfig
    data: tuple[str, ...]
    step: int
    network: dict[str, Tensor]
    averaged: dict[str, Tensor] | None
    optimizer: dict[str, Any]
    random: dict[str, Tensor]
    scores: dict[str, float]

    def save(self, path: Path, network: Network) -> None:
        """Write the checkpoint, which replaces an older one once it is complete.

        Args:
            path: File to write.
            network: Network whose configuration the weights belong to.

        Raises:
            OutputError: The file cannot be written; an older one is still there.
        """
        tensors = dict(self.averaged or self.network)
        if self.averaged is not None:
            tensors |= {NETWORK + name: tensor for name, tensor in self.network.items()}
        for number, slots in self.optimizer["state"].items():
            tensors |= {f"{OPTIMIZER}{number}.{name}": value for name, value in slots.items()}
        tensors |= {RANDOM + name: state for name, state in self.random.items()}
        training = {
            "config": self.config.to_json(),
            "data": self.data,
            "step": self.step,
            "groups": self.optimizer["param_groups"],
            "scores": self.scores,
        }
        # A copy of each, for safetensors refuses tensors that share memory.
        tensors = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        header = {
            "format": FORMAT,
            "config": network.config.to_json(),
            "training": json.dumps(training),
        }
        save_state(path, tensors, {**header, "sha256": _checksum(header, tensors)})

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read a checkpoint that `save` wrote, to the CPU.

        Args:
            path: File to read.

        Raises:
            WeightsError: The file is missing, no safetensors, or no checkpoint of a training.
            TrainingError: It is damaged, or of an older version.
        """
        tensors, metadata = load_state(path)
        if "training" not in metadata:
            raise WeightsError(
                f"'{path}' holds weights but no training to go on with: give it as weights=..."
            )
        if "sha256" not in metadata:
            raise TrainingError(
                f"'{path}' has no checksum, as older versions of samtracker wrote them: go on with "
                "that one, or start anew with it as weights=..."
            )
        with _damage(path):
            if metadata["sha256"] != _checksum(metadata, tensors):
                raise ValueError("something was changed")
            return cls._read(tensors, metadata["training"])

    @classmethod
    def _read(cls, tensors: dict[str, Tensor], text: str) -> Checkpoint:
        training = json.loads(text)
        config = TrainConfig.from_json(training["config"])
        if not 0 <= training["step"] <= config.steps:
            raise ValueError("another training's step")
        plain = {name: t for name, t in tensors.items() if not name.startswith(TRAINING)}
        network = _part(tensors, NETWORK)
        state: dict[int, dict[str, Tensor]] = {}
        for name, value in _part(tensors, OPTIMIZER).items():
            number, slot = name.split(".", 1)
            state.setdefault(int(number), {})[slot] = value
        return cls(
            config=config,
            data=tuple(map(str, training["data"])),
            step=int(training["step"]),
            network=network or plain,
            averaged=plain if network else None,
            optimizer={"state": state, "param_groups": list(training["groups"])},
            random=_part(tensors, RANDOM),
            scores={str(name): float(score) for name, score in training["scores"].items()},
        )


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn what a checkpoint that was changed may bring about into an error of ours."""
    try:
        yield
    except (ConfigError, *DAMAGE) as error:
        raise TrainingError(
            f"'{path}' is damaged: go on from a copy of it, or start the training anew"
        ) from error


def _checksum(metadata: Mapping[str, str], tensors: Mapping[str, Tensor]) -> str:
    return checksum("\n".join(metadata[key] for key in ("format", "config", "training")), tensors)


def random_states() -> dict[str, Tensor]:
    """Return the states of torch's generators by device.

    The randomness of the data is a function of seed and position and needs no state.
    """
    states = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        states["cuda"] = torch.cuda.get_rng_state()
    return states


def restore_random_states(states: dict[str, Tensor]) -> None:
    """Set torch's generators to states that `random_states` returned."""
    torch.set_rng_state(states["cpu"])
    if "cuda" in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states["cuda"])


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    names: Iterable[str] = (name for name in tensors if name.startswith(prefix))
    return {name.removeprefix(prefix): tensors[name] for name in names}
