"""Match a frame against an object's templates: by attention, and by label propagation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.crop import Crop, crop_around, whole
from samtracker.model.encoders import CHANNELS, STRIDE, Features
from samtracker.model.propagation import propagate, propagate_windowed
from samtracker.model.target import TargetModel, target_scores

RADIUS = 96
"""How far an object may move between two frames, in canvas pixels."""

PROMPT_MAPS = 6
"""Maps per object in `Match.prompts`."""


@dataclass(frozen=True)
class Template:
    """A frame and an object's mask in it.

    Attributes:
        x16: (256, H/16, W/16) image embedding.
        key: (c, H/s, W/s) matching key.
        mask: (H/s, W/s), the share of each key cell that the object covers, 0 to 1.
    """

    x16: Tensor
    key: Tensor
    mask: Tensor

    @property
    def key_stride(self) -> int:
        """Canvas pixels per cell of the key and the mask."""
        return STRIDE * self.x16.shape[-1] // self.key.shape[-1]

    def crop(self) -> Crop:
        """Where the next frame's object can be: the mask's box dilated by the search radius."""
        return crop_around(self.mask, RADIUS, self.key_stride)

    def tokens(self, crop: Crop) -> tuple[Tensor, Tensor]:
        """The embedding (m, 256) and the covered share (m,) of each cell of stride 16."""
        mask = crop.cut(self.mask, self.key_stride)
        cells = STRIDE // self.key_stride
        shares = nn.functional.avg_pool2d(mask[None], cells)[0]
        return crop.cut(self.x16, STRIDE).flatten(1).T, shares.flatten()


@dataclass(frozen=True)
class Anchor:
    """A template whose every cell is a candidate, for an object that may have moved anywhere.

    Attributes:
        key: unit-norm (m, c) with cells of stride 16; the last frame settles the finer details.
        labels: (m,), the share of each cell that the object covers.
    """

    key: Tensor
    labels: Tensor

    @classmethod
    def of(cls, template: Template) -> Anchor:
        """All of a template."""
        labels = F.avg_pool2d(template.mask[None], STRIDE // template.key_stride)
        key = _coarse(template.key, template.key_stride)
        return cls(key.flatten(1).T.contiguous(), labels.flatten())


@dataclass(frozen=True)
class Memory:
    """What is known of one object before a frame.

    Attributes:
        last: the last frame in which it was seen.
        anchors: templates that are searched without a window.
        target: discriminator fitted on the first frame; None to go without.
        lost: whether to look for it in the whole frame instead of around its last place.
    """

    last: Template
    anchors: tuple[Anchor, ...] = ()
    target: TargetModel | None = None
    lost: bool = False

    def crop(self) -> Crop:
        """Where to look for the object."""
        if self.lost:
            return whole(*self.last.x16.shape[-2:])
        return self.last.crop()


@dataclass(frozen=True)
class Match:
    """What n objects with crops of one size found in a frame.

    Attributes:
        dense: (n, 256, h, w) attention from the frame to the templates, the dense prompt.
        prompts: (n, 6, h', w') at the key's stride: target score, label propagated from the
            anchors, its best similarity, label propagated from the last frame, its best
            similarity, last mask.
    """

    dense: Tensor
    prompts: Tensor


class Matcher(nn.Module):
    """Queries: image; keys: template; values: template + 1x1 convolution of [mask, 1 - mask]."""

    def __init__(self, heads: int = 2) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(CHANNELS, heads)
        self.mask_value = nn.Conv2d(2, CHANNELS, 1)

    def forward(
        self, features: Sequence[Features], memories: Sequence[Memory], crops: Sequence[Crop]
    ) -> Match:
        """Match n objects.

        Args:
            features: of each object's frame, with a batch of 1; the same one for all in a stream.
            memories: of each object.
            crops: of each object, all of one size.
        """
        query = torch.stack(
            [crop.cut(f.x16[0], STRIDE) for f, crop in zip(features, crops, strict=True)]
        )
        return Match(
            dense=self._attend(query, memories, crops),
            prompts=torch.stack(
                [_prompts(f, m, crop) for f, m, crop in zip(features, memories, crops, strict=True)]
            ),
        )

    def _attend(self, query: Tensor, memories: Sequence[Memory], crops: Sequence[Crop]) -> Tensor:
        pairs = zip(memories, crops, strict=True)
        tokens, shares = zip(*(memory.last.tokens(crop) for memory, crop in pairs), strict=True)
        keys, covered = torch.stack(tokens, dim=1), torch.stack(shares)
        both = torch.stack([covered, 1 - covered], dim=1)[..., None]
        values = keys + self.mask_value(both)[..., 0].permute(2, 0, 1)
        # Anything but a contiguous (tokens, n, 256) sends a linear layer down a slow path.
        image = query.flatten(2).permute(2, 0, 1).contiguous()
        dense, _ = self.attention(image, keys, values.contiguous(), need_weights=False)
        maps: Tensor = dense.permute(1, 2, 0).reshape(query.shape)
        return maps


def _prompts(features: Features, memory: Memory, crop: Crop) -> Tensor:
    """The six maps (6, h, w) of one object, float32."""
    last, stride = memory.last, memory.last.key_stride
    query = crop.cut(features.key[0], stride)
    mask = crop.cut(last.mask, stride)
    recent, recent_best = propagate_windowed(
        query, crop.cut(last.key, stride), mask, RADIUS // stride
    )
    first, first_best = recent, recent_best
    if memory.anchors:
        key = torch.cat([anchor.key for anchor in memory.anchors])
        labels = torch.cat([anchor.labels for anchor in memory.anchors])
        coarse = torch.stack(propagate(_coarse(query, stride), key, labels))
        first, first_best = F.interpolate(coarse[None], query.shape[1:], mode="bilinear")[0]
    score = torch.zeros_like(recent)
    if memory.target is not None:
        score = target_scores(memory.target.weights[None], query[None])[0]
    return torch.stack([score, first, first_best, recent, recent_best, mask])


def _coarse(key: Tensor, stride: int) -> Tensor:
    """A key (c, h, w) averaged to cells of stride 16, unit-norm again."""
    pooled = F.avg_pool2d(key.float(), STRIDE // stride)
    return F.normalize(pooled, dim=0).to(key.dtype)
