"""The order in which a training sees its samples."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

from samtracker.config import TrainConfig


class ResumableSampler(Sampler[int]):
    """Draws every sample once an epoch, in an order that depends on seed and epoch alone.

    Samples that do not fill a batch at the end of an epoch are left out.

    Args:
        config: Gives seed, instances, epochs and batch.
        done: Steps to leave out because they were done before.
    """

    def __init__(self, config: TrainConfig, done: int) -> None:
        self._config = config
        self._done = done

    def __len__(self) -> int:
        return (self._config.steps - self._done) * self._config.batch

    def __iter__(self) -> Iterator[int]:
        config = self._config
        steps = config.instances // config.batch
        first, offset = divmod(self._done, steps)
        for epoch in range(first, config.epochs):
            generator = torch.Generator().manual_seed(config.seed + epoch)
            order = torch.randperm(config.instances, generator=generator)[: steps * config.batch]
            yield from order[offset * config.batch :].tolist()
            offset = 0
