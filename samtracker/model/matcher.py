"""Match a frame against an object's template by attention."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS

PLAIN = 8 * 1600**2
"""Pairs of cells, over all objects, that attention may keep at once: 200 MB."""


class Matcher(nn.Module):
    """Queries: image; keys: template; values: template + 1x1 convolution of [mask, 1 - mask]."""

    def __init__(self, heads: int = 2) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(CHANNELS, heads)
        self.mask_value = nn.Conv2d(2, CHANNELS, 1)

    def forward(self, image: Tensor, template: Tensor, masks: Tensor) -> Tensor:
        """Compute the dense prompt of n objects, (n, 256, h, w).

        Args:
            image: (n, 256, h, w), x16 of each object's crop.
            template: (n, 256, h, w), x16 of each object's crop in its template.
            masks: (n, h, w), the share of each cell there that the object covers, 0 to 1.
        """
        keys = template.flatten(2).permute(2, 0, 1)
        covered = masks.flatten(1)
        both = torch.stack([covered, 1 - covered], dim=1)[..., None]
        values = keys + self.mask_value(both)[..., 0].permute(2, 0, 1)
        # Anything but a contiguous (tokens, n, 256) sends a linear layer down a slow path.
        queries = image.flatten(2).permute(2, 0, 1).contiguous()
        # With weights it is computed plainly, in bfloat16 on a CPU quicker than PyTorch's fusion.
        half = queries.device.type == "cpu" and queries.dtype is torch.bfloat16
        plain = half and queries.shape[1] * len(queries) * len(keys) <= PLAIN
        dense, _ = self.attention(
            queries, keys, values.contiguous(), need_weights=plain, average_attn_weights=False
        )
        maps: Tensor = dense.permute(1, 2, 0).reshape(image.shape)
        return maps
