"""SAM's mask decoder with a learnable sparse token, on top of propagated labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS
from samtracker.model.paired_decoder import (
    PairedDecoder,
    map_embedding,
    pooled_embedding,
    predicted_iou,
    to_logit,
)
from samtracker.model.prompt_maps import PROMPT_MAPS, PromptMaps

CERTAIN = 0.02
"""Propagated labels are kept this far from 0 and 1, so that their logits stay finite."""

TRUST = 0.1
"""Temperature by which the references' and the last frame's labels are mixed.

Each counts by the softmax of its best similarity, so that a side of the object that the first frame
does not have is left to the last one.
"""


@dataclass(frozen=True)
class Decoded:
    """Masks of n objects in their crops.

    Attributes:
        logits: Float32 (n, H/4, W/4) of the crop.
        score: Float32 (n,), predicted IoU of the mask, 0 to 1: its mean probability, whose logit
            the IoU head corrects.
        similarity: Float32 (n,), of the mask's cells to their best matches in the memory, mean; 0
            for an empty mask.
    """

    logits: Tensor
    score: Tensor
    similarity: Tensor


class Decoder(PairedDecoder):
    """Logits = alpha * logit(propagated label) + beta * target score + gain * SAM's decoder.

    With an embedding of masks, the propagated mask is the mask prompt, which SAM's decoder
    completes to a thing.

    Args:
        mask_decoder: SAM's `MaskDecoder`; its first mask token is the one that tracks.
        position: SAM's `PositionEmbeddingRandom`.
        skip_channels: channels of the encoder's x8 and x4; None for an encoder without.
        mask_downscaling: that of SAM's `PromptEncoder`, from masks at stride 4 to dense prompts;
            None for a decoder without mask prompt.
    """

    def __init__(
        self,
        mask_decoder: Any,
        position: Any,
        skip_channels: tuple[int, int] | None,
        mask_downscaling: nn.Module | None = None,
    ) -> None:
        super().__init__(
            mask_decoder,
            position,
            skip_channels,
            coarse=PROMPT_MAPS,
            fine=0 if mask_downscaling is None else 1,
        )
        self.mask_downscaling = mask_downscaling
        self.prompt_embedding = map_embedding(PROMPT_MAPS)
        self.alpha = nn.Parameter(torch.tensor(1.0))
        self.beta = nn.Parameter(torch.tensor(1.5))
        self.gain = nn.Parameter(torch.tensor(0.05))

    def forward(
        self,
        image: Tensor,
        dense: Tensor,
        prompts: PromptMaps,
        x8: Tensor | None,
        x4: Tensor | None,
    ) -> Decoded:
        """Decode n objects; each row has its own image crop.

        Args:
            image: (n, 256, h, w), x16 of the crops.
            dense: (n, 256, h, w), the dense prompt of `Matcher`.
            prompts: Maps (n, h', w') of `prompt_maps`; h' is 2h, or h for SAM's encoders.
            x8: (n, c8, 2h, 2w), or None for an encoder without skips.
            x4: (n, c4, 4h, 4w) likewise.
        """
        h, w = image.shape[-2:]
        maps = torch.stack(prompts, dim=1)
        dense = dense + pooled_embedding(self.prompt_embedding, maps, (h, w))
        share = torch.sigmoid((prompts.reference_similarity - prompts.last_similarity) / TRUST)
        label = torch.lerp(prompts.last_label, prompts.reference_label, share)
        base = to_logit(label.clamp(CERTAIN, 1 - CERTAIN))
        start = self.alpha * base + self.beta * prompts.target_score
        start = F.interpolate(start[:, None], (4 * h, 4 * w), mode="bilinear", align_corners=False)
        mask = None
        if self.mask_downscaling is not None:
            mask = torch.sigmoid(start)
            dense = dense + self.mask_downscaling(2 * mask - 1)
        tokens = image.new_zeros(image.shape[0], 0, CHANNELS)
        learned, iou = self.decode(
            image, dense, tokens, coarse=maps, fine=mask, skips=(x8, x4), count=1
        )
        logits = start[:, 0] + self.gain * learned[:, 0].float()
        size = (maps.shape[-2], maps.shape[-1])
        covered = F.adaptive_avg_pool2d((logits > 0).float()[:, None], size)[:, 0]
        best = torch.maximum(prompts.reference_similarity, prompts.last_similarity).float()
        return Decoded(
            logits,
            predicted_iou(logits, iou[:, 0]),
            (covered * best).sum((1, 2)) / covered.sum((1, 2)).clamp(min=1e-6),
        )

    @torch.no_grad()
    def fold_gain(self) -> None:
        """Move the gain into the last layer of the hypernetworks; tracking stays the same.

        A small gain would shrink every step of an optimizer as much as it shrinks the output.
        """
        for head in self.mask_decoder.output_hypernetworks_mlps:
            head.layers[-1].weight.mul_(self.gain)
            head.layers[-1].bias.mul_(self.gain)
        self.gain.fill_(1.0)
