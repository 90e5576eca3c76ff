"""The contract every image encoder keeps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import torch.nn.functional as F
from torch import Tensor

from samtracker.model.geometry import InputTransform
from samtracker.types import Size

STRIDE = 16
"""Pixels of the model input per cell of `Features.x16`."""

CHANNELS = 256
"""Channels of `Features.x16`, as in SAM."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """What an encoder computes from a batch of b model inputs of size (H, W).

    Attributes:
        x16: (b, 256, H/16, W/16), the image embedding.
        key: (b, c, H/s, W/s) with norm 1 over the channels, for matching; s is 8 or 16.
        x8: (b, c8, H/8, W/8) for the decoder's upscaling; None for SAM's encoders.
        x4: (b, c4, H/4, W/4) likewise.
    """

    x16: Tensor
    key: Tensor
    x8: Tensor | None = None
    x4: Tensor | None = None

    @property
    def key_stride(self) -> int:
        """Pixels of the model input per cell of the key."""
        return STRIDE * self.x16.shape[-1] // self.key.shape[-1]

    @cached_property
    def coarse(self) -> Tensor:
        """(b, c, H/16, W/16): the key averaged over cells of stride 16, with norm 1 again."""
        if self.key_stride == STRIDE:
            return self.key
        return unit(F.avg_pool2d(self.key.float(), STRIDE // self.key_stride)).to(self.key.dtype)

    def resized(self, like: Features) -> Features:
        """Return about what the same frame would give at the size of other features."""

        def fit(maps: Tensor, other: Tensor) -> Tensor:
            size = (other.shape[-2], other.shape[-1])
            return F.interpolate(maps.float(), size, mode="bilinear").to(maps.dtype)

        return Features(
            x16=fit(self.x16, like.x16),
            key=unit(fit(self.key, like.key)),
            x8=None if self.x8 is None or like.x8 is None else fit(self.x8, like.x8),
            x4=None if self.x4 is None or like.x4 is None else fit(self.x4, like.x4),
        )


class Encoder(Protocol):
    """An image encoder: a module that maps a model input to `Features`.

    Attributes:
        key_stride: Pixels of the model input per cell of the key, 8 or 16.
        skip_channels: Channels of x8 and x4; None where there are no skips.
        mean: (3,) subtracted from RGB on the 0 to 255 scale.
        std: (3,) divided by.
    """

    key_stride: int
    skip_channels: tuple[int, int] | None
    mean: Tensor
    std: Tensor

    def __call__(self, model_input: Tensor) -> Features:
        """Encode a float batch (b, 3, H, W) from `InputTransform.prepare`."""
        ...

    def for_inference(self) -> Encoder:
        """Return one that computes the same, but for rounding, quicker and without gradients.

        It may be a copy: in evaluation mode, for weight files and training the other one stays.
        """
        ...

    def input_transform(self, frame: Size, size: int | None) -> InputTransform:
        """Return how a frame of size (H, W) becomes this encoder's input.

        Args:
            frame: (H, W).
            size: Short side of the model input in pixels, None for the encoder's own; SAM's
                encoders know one size only.
        """
        ...


def unit(maps: Tensor) -> Tensor:
    """Scale maps (b, c, h, w) to norm 1 over the channels."""
    return F.normalize(maps, dim=1)
