"""Random embeddings and what a tracker remembers of them; no encoder is run."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.model.encoders import CHANNELS, Features
from samtracker.model.memory import Memory, ReferenceFrame, Template
from samtracker.model.target import TargetModel

HEIGHT, WIDTH = 5, 7
"""Of the map of stride 16; the keys have stride 8."""

FINE = 2 * HEIGHT, 2 * WIDTH


def random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def features(seed: int) -> Features:
    key = F.normalize(random(1, 12, *FINE, seed=seed), dim=1)
    return Features(x16=random(1, CHANNELS, HEIGHT, WIDTH, seed=seed), key=key)


def flat(key: Tensor, stride: int = 8) -> Features:
    """A key (c, h, w) over an empty image embedding."""
    scale = 16 // stride
    x16 = torch.zeros(1, CHANNELS, key.shape[1] // scale, key.shape[2] // scale)
    return Features(x16=x16, key=key[None])


def template(seed: int) -> Template:
    return Template(features(seed), random(*FINE, seed=seed).sigmoid())


def memory(seed: int) -> Memory:
    """With two references and a target model."""
    first, last = template(seed + 1), template(seed + 2)
    return Memory(
        last=last,
        references=(ReferenceFrame.of(first), ReferenceFrame.of(template(seed + 3))),
        target=TargetModel.fit(first.features.key[0], first.mask),
    )
