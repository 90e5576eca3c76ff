"""SAM's mask decoder with a learnable sparse token, on top of propagated labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS
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


class Decoder(nn.Module):
    """Logits = alpha * logit(propagated label) + beta * target score + gain * SAM's decoder.

    Args:
        mask_decoder: SAM's `MaskDecoder`; its first mask token is the one that is used.
        position: SAM's `PositionEmbeddingRandom`.
        skip_channels: channels of the encoder's x8 and x4; None for an encoder without.
    """

    def __init__(
        self, mask_decoder: Any, position: Any, skip_channels: tuple[int, int] | None
    ) -> None:
        super().__init__()
        self.mask_decoder = mask_decoder
        self.position = position
        self.token = nn.Embedding(1, CHANNELS)
        self.prompt_embedding = nn.Sequential(
            nn.Conv2d(PROMPT_MAPS, 32, 3, padding=1), nn.GELU(), nn.Conv2d(32, CHANNELS, 1)
        )
        self.skips: nn.ModuleList | None = None
        if skip_channels is not None:
            wide, _, _, narrow, _ = mask_decoder.output_upscaling
            c8, c4 = skip_channels
            self.skips = nn.ModuleList(
                [
                    nn.Conv2d(c8 + PROMPT_MAPS, wide.out_channels, 1),
                    nn.Conv2d(c4, narrow.out_channels, 1),
                ]
            )
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
        *fine, widen = self.prompt_embedding
        # Pooling and a 1x1 convolution commute; pooled first, there is less to convolve.
        embedded = widen(F.adaptive_avg_pool2d(nn.Sequential(*fine)(maps), (h, w)))
        learned, iou = self._sam(image, dense + embedded, maps, x8, x4)
        share = torch.sigmoid((prompts.reference_similarity - prompts.last_similarity) / TRUST)
        label = torch.lerp(prompts.last_label, prompts.reference_label, share)
        base = torch.logit(label.clamp(CERTAIN, 1 - CERTAIN))
        start = self.alpha * base + self.beta * prompts.target_score
        start = F.interpolate(start[:, None], (4 * h, 4 * w), mode="bilinear", align_corners=False)
        logits = start[:, 0] + self.gain * learned.float()
        size = (maps.shape[-2], maps.shape[-1])
        covered = F.adaptive_avg_pool2d((logits > 0).float()[:, None], size)[:, 0]
        best = torch.maximum(prompts.reference_similarity, prompts.last_similarity).float()
        return Decoded(
            logits,
            torch.sigmoid(torch.logit(_certainty(logits), eps=1e-3) + iou.float()),
            (covered * best).sum((1, 2)) / covered.sum((1, 2)).clamp(min=1e-6),
        )

    @torch.no_grad()
    def fold_gain(self) -> None:
        """Move the gain into the hypernetwork's last layer; the function stays the same.

        A small gain would shrink every step of an optimizer as much as it shrinks the output.
        """
        last = self.mask_decoder.output_hypernetworks_mlps[0].layers[-1]
        last.weight.mul_(self.gain)
        last.bias.mul_(self.gain)
        self.gain.fill_(1.0)

    def _sam(
        self, image: Tensor, dense: Tensor, maps: Tensor, x8: Tensor | None, x4: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Run `MaskDecoder.predict_masks` for rows with an image each, first mask only.

        SAM's own forward repeats every image for every row of prompts; rows are paired here.
        """
        sam = self.mask_decoder
        n, channels, h, w = image.shape
        output = torch.cat([sam.iou_token.weight, sam.mask_tokens.weight, self.token.weight])
        tokens = output.expand(n, -1, -1)
        position = self.position((h, w)).expand(n, -1, -1, -1)
        hidden, source = sam.transformer(image + dense, position, tokens)
        source = source.transpose(1, 2).reshape(n, channels, h, w)
        to8, norm, act8, to4, act4 = sam.output_upscaling
        if self.skips is None or x8 is None or x4 is None:
            up = act4(to4(act8(norm(to8(source)))))
        else:
            skip8, skip4 = self.skips
            up = act8(norm(to8(source) + skip8(torch.cat([x8, maps], dim=1))))
            up = act4(to4(up) + skip4(x4))
        weights = sam.output_hypernetworks_mlps[0](hidden[:, 1])
        learned = (weights[:, None] @ up.flatten(2)).view(n, *up.shape[-2:])
        return learned, sam.iou_prediction_head(hidden[:, 0])[:, 0]


def _certainty(logits: Tensor) -> Tensor:
    """Return the mean foreground probability inside each mask, (n,); 0 for an empty one."""
    inside = logits > 0
    total = (torch.sigmoid(logits) * inside).sum((1, 2))
    return total / inside.sum((1, 2)).clamp(min=1)
