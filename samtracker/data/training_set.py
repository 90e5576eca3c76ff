"""The samples of a mixture of sources, as tensors of one size."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from samtracker.config import FRAMINGS
from samtracker.data.framing import letterbox, object_crop
from samtracker.data.object_picture import ObjectPicture, PictureSource
from samtracker.data.sample import MAIN, Sample, SampleSource
from samtracker.errors import DatasetError

_TRIES = 8
_LOG = logging.getLogger(__name__)
_SKIPPED = itertools.count(1)


@dataclass(frozen=True)
class TrainingSet(Dataset[dict[str, Tensor]]):
    """Draws samples from a mixture of sources; the seed and the index alone decide each.

    Attributes:
        mixture: Sources, each with the weight at which samples are drawn from it.
        count: Number of samples.
        length: Number of frames of a sample, T.
        size: Side of the square frames in pixels.
        framing: "letterbox" shows whole frames as they are, "object" a random square around the
            object, mirrored and in another light at random.
        seed: Seed of every random choice.
        pictures: Sources of pictures to point at, and their weights.
        per_sample: Number k of pictures beside each sample.
    """

    mixture: Sequence[tuple[SampleSource, float]]
    _: KW_ONLY
    count: int
    length: int = 2
    size: int = 384
    framing: str = "letterbox"
    seed: int = 0
    pictures: Sequence[tuple[PictureSource, float]] = ()
    per_sample: int = 0

    def __post_init__(self) -> None:
        if self.framing not in FRAMINGS:
            valid = ", ".join(FRAMINGS)
            raise DatasetError(f"framing={self.framing!r} does not exist: use one of {valid}")
        if not self.mixture or not all(weight > 0 for _, weight in self.mixture):
            weights = [weight for _, weight in self.mixture]
            raise DatasetError(f"the weights {weights} do not fit: give each source one above 0")
        if self.per_sample and not self.pictures:
            raise DatasetError(
                f"per_sample={self.per_sample} does not fit: no source has pictures with masks"
            )

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        """Draws a sample: "frames" uint8 (T, 3, size, size), RGB, and "ids" uint8 (T, size, size).

        With pictures there are also "pictures" uint8 (k, 3, size, size), "picture_masks" and
        "picture_ignored" bool (k, size, size) and "picture_inside" float32 (k,).

        A sample that cannot be read, or does not show its object in the first frame, is replaced
        by another draw; a warning is logged for damaged files.

        Raises:
            IndexError: There is no such sample.
            DatasetError: Eight draws in a row cannot be read.
        """
        sample = self.sample(index)
        return {
            "frames": torch.from_numpy(np.ascontiguousarray(sample.frames.transpose(0, 3, 1, 2))),
            "ids": torch.from_numpy(np.ascontiguousarray(sample.ids)),
            **self._pictures(index),
        }

    def sample(self, index: int) -> Sample:
        """Draw the same sample with its name, as arrays (T, size, size, 3) and (T, size, size)."""
        if not 0 <= index < self.count:
            raise IndexError(f"sample {index} of {self.count}")
        rng = np.random.default_rng([self.seed, index])
        drawn: Sample | None = None
        failure: DatasetError | None = None
        for _ in range(_TRIES):
            try:
                drawn = self._draw(rng)
            except DatasetError as error:
                failure = error
                _LOG.warning("skipped %d in this process: %s", next(_SKIPPED), error)
                continue
            framed = self._frame(drawn, rng)
            if (framed.ids[0] == MAIN).any():
                return framed
        if drawn is None:
            raise DatasetError(f"{_TRIES} draws in a row failed, the last: {failure}") from failure
        return letterbox(drawn, self.size)

    def _pictures(self, index: int) -> dict[str, Tensor]:
        """Draw the pictures beside a sample."""
        if not self.per_sample:
            return {}
        rng = np.random.default_rng([self.seed, index, 1])
        weights = np.array([weight for _, weight in self.pictures])
        drawn: list[ObjectPicture] = []
        failures = 0
        while len(drawn) < self.per_sample:
            source, _ = self.pictures[rng.choice(len(weights), p=weights / weights.sum())]
            try:
                drawn.append(source.sample(rng))
            except DatasetError as error:
                failures += 1
                _LOG.warning("skipped %d in this process: %s", next(_SKIPPED), error)
                if failures == _TRIES:
                    raise
        frames = np.stack([picture.frame for picture in drawn]).transpose(0, 3, 1, 2)
        return {
            "pictures": torch.from_numpy(np.ascontiguousarray(frames)),
            "picture_masks": torch.from_numpy(np.stack([item.mask for item in drawn])),
            "picture_ignored": torch.from_numpy(np.stack([item.ignored for item in drawn])),
            "picture_inside": torch.tensor([item.inside for item in drawn]),
        }

    def _draw(self, rng: np.random.Generator) -> Sample:
        weights = np.array([weight for _, weight in self.mixture])
        source, _ = self.mixture[rng.choice(len(weights), p=weights / weights.sum())]
        return source.sample(int(rng.integers(len(source))), self.length, rng)

    def _frame(self, sample: Sample, rng: np.random.Generator) -> Sample:
        if self.framing == "letterbox":
            return letterbox(sample, self.size)
        return object_crop(sample, self.size, rng)


def worker_init(worker_id: int) -> None:
    """Set a worker of a `DataLoader` up: one thread each, or many would fight for the cores."""
    cv2.setNumThreads(0)
