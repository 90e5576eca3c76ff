"""SAM's mask decoder for rows that have an image each, with skips from the encoder."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS


class PairedDecoder(nn.Module):
    """What the decoder that tracks and the one that is pointed with have in common.

    SAM's own forward repeats every image for every row of prompts; rows are paired here. What is
    known of an object is given as maps, too: fine ones at stride 4, which are embedded and join
    both skips, and coarse ones at stride 8, which join the first.

    Args:
        mask_decoder: SAM's `MaskDecoder`.
        position: SAM's `PositionEmbeddingRandom`.
        skip_channels: channels of the encoder's x8 and x4; None for an encoder without.
        coarse: number of maps at stride 8; they are used with skips only.
        fine: number of maps at stride 4.
    """

    def __init__(
        self,
        mask_decoder: Any,
        position: Any,
        skip_channels: tuple[int, int] | None,
        *,
        coarse: int,
        fine: int,
    ) -> None:
        super().__init__()
        self.mask_decoder = mask_decoder
        self.position = position
        self.token = nn.Embedding(1, CHANNELS)
        self.fine_embedding = map_embedding(fine) if fine else None
        self.skips: nn.ModuleList | None = None
        if skip_channels is not None:
            wide, _, _, narrow, _ = mask_decoder.output_upscaling
            c8, c4 = skip_channels
            self.skips = nn.ModuleList(
                [
                    nn.Conv2d(c8 + coarse + fine, wide.out_channels, 1),
                    nn.Conv2d(c4 + fine, narrow.out_channels, 1),
                ]
            )

    def decode(
        self,
        image: Tensor,
        dense: Tensor,
        tokens: Tensor,
        *,
        coarse: Tensor | None,
        fine: Tensor | None,
        skips: tuple[Tensor | None, Tensor | None],
        count: int,
    ) -> tuple[Tensor, Tensor]:
        """Decode the first `count` masks of n rows, as `MaskDecoder.predict_masks` does.

        Args:
            image: (n, 256, h, w).
            dense: (n, 256, h, w), added to it.
            tokens: (n, k, 256), sparse prompts beside the learnable one.
            coarse: Maps (n, c, 2h, 2w); None if there are none.
            fine: Maps (n, c, 4h, 4w) likewise.
            skips: x8 (n, c8, 2h, 2w) and x4 (n, c4, 4h, 4w); None for an encoder without.
            count: Number of masks.

        Returns:
            Logits (n, count, 4h, 4w) and what the IoU head says (n, masks of the decoder).
        """
        sam = self.mask_decoder
        n, channels, h, w = image.shape
        output = torch.cat([sam.iou_token.weight, sam.mask_tokens.weight, self.token.weight])
        tokens = torch.cat([output.expand(n, -1, -1), tokens.to(output.dtype)], dim=1)
        halved = None
        if self.fine_embedding is not None and fine is not None:
            halved = F.avg_pool2d(fine, 2)
            dense = dense + pooled_embedding(self.fine_embedding, halved, (h, w))
        position = self.position((h, w)).expand(n, -1, -1, -1)
        hidden, source = sam.transformer(image + dense, position, tokens)
        source = source.transpose(1, 2).reshape(n, channels, h, w)
        to8, norm, act8, to4, act4 = sam.output_upscaling
        x8, x4 = skips
        if self.skips is None or x8 is None or x4 is None:
            up = act4(to4(act8(norm(to8(source)))))
        else:
            skip8, skip4 = self.skips
            up = act8(norm(to8(source) + skip8(_joined(x8, coarse, halved))))
            up = act4(to4(up) + skip4(_joined(x4, fine)))
        weights = torch.stack(
            [
                head(hidden[:, 1 + number])
                for number, head in enumerate(sam.output_hypernetworks_mlps[:count])
            ],
            dim=1,
        )
        learned = (weights @ up.flatten(2)).view(n, count, *up.shape[-2:])
        return learned, sam.iou_prediction_head(hidden[:, 0])


def map_embedding(maps: int) -> nn.Sequential:
    """Build what embeds so many maps."""
    return nn.Sequential(nn.Conv2d(maps, 32, 3, padding=1), nn.GELU(), nn.Conv2d(32, CHANNELS, 1))


def pooled_embedding(embedding: nn.Sequential, maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Compute an embedding (n, 256, h, w) of finer maps.

    Pooling and a 1x1 convolution commute; pooled first, there is less to convolve.
    """
    *fine, widen = embedding
    embedded: Tensor = widen(F.adaptive_avg_pool2d(nn.Sequential(*fine)(maps), size))
    return embedded


def predicted_iou(logits: Tensor, correction: Tensor) -> Tensor:
    """Predict the IoU (n,) of masks with logits (n, h, w).

    It is the mean foreground probability inside the mask, 0 for an empty one, whose logit the IoU
    head's answer (n,) corrects.
    """
    inside = logits > 0
    total = (torch.sigmoid(logits) * inside).sum((1, 2))
    certainty = total / inside.sum((1, 2)).clamp(min=1)
    return torch.sigmoid(to_logit(certainty.clamp(1e-3, 1 - 1e-3)) + correction.float())


def to_logit(probability: Tensor) -> Tensor:
    """Return the logits of probabilities between 0 and 1, as torch.logit, which no engine knows."""
    return torch.log(probability / (1 - probability))


def _joined(skip: Tensor, *maps: Tensor | None) -> Tensor:
    return torch.cat([skip, *(item for item in maps if item is not None)], dim=1)
