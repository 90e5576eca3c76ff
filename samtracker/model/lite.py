"""The `lite` encoder: EfficientNet-Lite0, small enough for a CPU. The only importer of timm."""

from __future__ import annotations

import copy
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS, Features, unit
from samtracker.model.folding import fold_norms
from samtracker.model.geometry import InputTransform
from samtracker.model.torchvision import ensure_torchvision
from samtracker.types import Size

DEFAULT_SIZE = 480
"""Short side of the model input in pixels, unless the user wants another."""


class LiteEncoder(nn.Module):
    """timm's `tf_efficientnet_lite0`, and a neck of 256 channels at stride 16.

    The matching key has stride 8: the unit-norm features of strides 8 and 16, side by side. What
    the stages of stride 32 know of things is added to the neck's output, where they are there.

    Args:
        depth: stride of the last stage, 16 or 32.
    """

    key_stride = 8
    mean: Tensor
    std: Tensor

    def __init__(self, depth: int = 16) -> None:
        super().__init__()
        ensure_torchvision()
        import timm

        body: Any = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=(1, 2, 3, 4)
        )
        c4, c8, c16, c32 = body.feature_info.channels()
        # Run apart, or timm would run them for old weight files too and throw their output away.
        deep, body.blocks = body.blocks[5:], body.blocks[:5]
        self.body: nn.Module = body
        self.deep: nn.Module | None = None
        if depth == 32:
            self.deep = deep
            self.lateral = nn.Conv2d(c32, CHANNELS, 1)
            nn.init.zeros_(self.lateral.weight)
            self.lateral.bias = nn.Parameter(torch.zeros(CHANNELS))
        self.skip_channels: tuple[int, int] = (c8, c4)
        self.neck = nn.Sequential(nn.Conv2d(c16, CHANNELS, 1), nn.GroupNorm(1, CHANNELS))
        # The statistics tf_efficientnet_lite0 was trained with: RGB to -1..1.
        self.register_buffer("mean", torch.full((3,), 127.5), persistent=False)
        self.register_buffer("std", torch.full((3,), 127.5), persistent=False)

    def input_transform(self, frame: Size, size: int | None) -> InputTransform:
        """See `Encoder.input_transform`."""
        return InputTransform.lite(frame, size or DEFAULT_SIZE)

    def for_inference(self) -> LiteEncoder:
        """See `Encoder.for_inference`: no batch norms, and no padding by hand but at odd sizes."""
        made = copy.deepcopy(self)
        fold_norms(made)
        _pad_within(made.body)  # the sides of all maps that it halves are even
        return made

    def forward(self, model_input: Tensor) -> Features:
        """See `Encoder.__call__`; the sides of the model input are multiples of 16."""
        x4, x8, x16 = self.body(model_input)
        embedding = self.neck(x16)
        if self.deep is not None:
            things = self.lateral(self.deep(x16))
            embedding = embedding + F.interpolate(things, x16.shape[-2:], mode="bilinear")
        coarse = F.interpolate(x16.float(), x8.shape[-2:], mode="bilinear", align_corners=False)
        key = torch.cat([unit(x8.float()), unit(coarse)], dim=1) / 2**0.5
        return Features(x16=embedding, key=key.to(x8.dtype), x8=x8, x4=x4)


def _pad_within(parent: nn.Module) -> None:
    """Let convolutions that halve maps with even sides do without timm's padding by hand.

    timm pads one more at the right and bottom than at the left and top, and copies the maps for it.
    A kernel with one more row and column in front, of zeros, needs as much on all sides, which a
    convolution adds by itself.
    """
    from timm.layers.conv2d_same import Conv2dSame

    for name, module in list(parent.named_children()):
        if not isinstance(module, Conv2dSame):
            _pad_within(module)
            continue
        size = module.kernel_size[0]
        made = nn.Conv2d(
            module.in_channels,
            module.out_channels,
            size + 1,
            stride=2,
            padding=size // 2,
            groups=module.groups,
        )
        with torch.no_grad():
            made.weight.zero_()[..., 1:, 1:].copy_(module.weight)
        made.bias = module.bias
        setattr(parent, name, made)
