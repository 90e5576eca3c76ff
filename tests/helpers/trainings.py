"""Small trainings: a painted clip as a data set, and settings that take seconds."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from samtracker.checkpoints.load import load_network
from samtracker.config import TrainConfig
from samtracker.data.sample import MAIN
from samtracker.model.network import Network
from samtracker.train.checkpoint import Checkpoint
from samtracker.train.loop import CHECKPOINT, train
from tests.helpers.scenes import BLUE, RED, film

TINY = replace(
    TrainConfig(),
    size=96,
    length=3,
    instances=8,
    batch=2,
    warmup=2,
    workers=0,
    precision="float32",
    pictures=0,
    checkpoint_every=2,
)
"""Settings of a training of four steps."""


@dataclass(frozen=True)
class Film(Dataset[dict[str, Tensor]]):
    """A ball that flies by; each sample starts at another moment, and so do pictures beside it."""

    size: int
    length: int
    count: int = 8
    pictures: int = 0

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        shots = film([BLUE, RED], index % 5 + self.length)[-self.length :]
        side = self.size, self.size
        frames = np.stack([cv2.resize(shot.frame, side) for shot in shots])
        ids = np.stack([cv2.resize((shot.ids == 2).astype(np.uint8), side) for shot in shots])
        clip = {
            "frames": torch.from_numpy(frames.transpose(0, 3, 1, 2).copy()),
            "ids": torch.from_numpy(ids),
        }
        if not self.pictures:
            return clip
        masks = clip["ids"][: self.pictures] == MAIN
        return {
            **clip,
            "pictures": clip["frames"][: self.pictures],
            "picture_masks": masks,
            "picture_ignored": torch.zeros_like(masks),
            "picture_inside": torch.ones(self.pictures),
        }


def run(folder: Path, network: Network | None = None, **settings: Any) -> Checkpoint:
    """A training from start to end, or on from the checkpoint in the folder."""
    stop = settings.pop("stop", lambda: False)
    config = replace(TINY, **settings)
    folder.mkdir(exist_ok=True)
    path = folder / CHECKPOINT
    train(
        network or load_network(config.weights),
        config,
        Film(config.size, config.length, config.instances, config.pictures),
        folder,
        sources=("film",),
        resume=Checkpoint.load(path) if path.exists() else None,
        stop=stop,
    )
    return Checkpoint.load(path)


def main(folder: str, instances: str, weights: str = TINY.weights) -> None:
    """A training in a process of its own, for tests that kill it or start two."""
    run(Path(folder), instances=int(instances), weights=weights)


if __name__ == "__main__":
    main(*sys.argv[1:])
