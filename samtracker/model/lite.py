"""The `lite` encoder: EfficientNet-Lite0, small enough for a CPU. The only importer of timm."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS, Features, unit
from samtracker.model.geometry import InputTransform
from samtracker.model.torchvision import ensure_torchvision
from samtracker.types import Size

DEFAULT_SIZE = 480
"""Short side of the model input in pixels, unless the user wants another."""


class LiteEncoder(nn.Module):
    """timm's `tf_efficientnet_lite0` up to stride 16, and a neck of 256 channels.

    The matching key has stride 8: the unit-norm features of strides 8 and 16, side by side.
    """

    key_stride = 8
    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        ensure_torchvision()
        import timm

        body: Any = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(1, 2, 3)
        )
        # timm would run the stages of stride 32 too and throw their output away.
        body.blocks = body.blocks[:5]
        self.body: nn.Module = body
        c4, c8, c16 = body.feature_info.channels()
        self.skip_channels: tuple[int, int] = (c8, c4)
        self.neck = nn.Sequential(nn.Conv2d(c16, CHANNELS, 1), nn.GroupNorm(1, CHANNELS))
        # The statistics tf_efficientnet_lite0 was trained with: RGB to -1..1.
        self.register_buffer("mean", torch.full((3,), 127.5), persistent=False)
        self.register_buffer("std", torch.full((3,), 127.5), persistent=False)

    def input_transform(self, frame: Size, size: int | None) -> InputTransform:
        """See `Encoder.input_transform`."""
        return InputTransform.lite(frame, size or DEFAULT_SIZE)

    def forward(self, model_input: Tensor) -> Features:
        """See `Encoder.__call__`; the sides of the model input are multiples of 16."""
        x4, x8, x16 = self.body(model_input)
        coarse = F.interpolate(x16.float(), x8.shape[-2:], mode="bilinear", align_corners=False)
        key = torch.cat([unit(x8.float()), unit(coarse)], dim=1) / 2**0.5
        return Features(x16=self.neck(x16), key=key.to(x8.dtype), x8=x8, x4=x4)
