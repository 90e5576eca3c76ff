"""SAM's mask decoder with a learnable sparse token, on top of propagated labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.encoders import CHANNELS
from samtracker.model.prompt_batch import USER_MAPS, PromptBatch, embed_masks
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


@dataclass(frozen=True)
class Candidates:
    """Masks of n objects that were pointed at, in their squares.

    Attributes:
        logits: float32 (n, k, H/4, W/4): the single mask, then three for a click that may mean
            several things, if they were asked for.
        scores: float32 (n, k), predicted IoU, 0 to 1.
    """

    logits: Tensor
    scores: Tensor

    def order(self, *, ambiguous: bool) -> list[tuple[int, int]]:
        """Return object and mask of all masks, the likeliest first.

        Args:
            ambiguous: Whether the prompt may mean several things, which all but the first mask are
                made for; without that the first mask comes first, as SAM's authors advise.
        """
        scores = self.scores.clone()
        scores[:, 0 if ambiguous else slice(1, None)] -= 1
        places: list[int] = scores.flatten().argsort(descending=True).tolist()
        return [divmod(place, scores.shape[1]) for place in places]


class Decoder(nn.Module):
    """Logits = alpha * logit(propagated label) + beta * target score + gain * SAM's decoder.

    With a prompt encoder the same weights also decode what a user points at: there are no
    propagated labels then, and SAM's decoder alone makes the mask. In tracking, the propagated
    mask is its mask prompt, which it completes as it completes a user's.

    Args:
        mask_decoder: SAM's `MaskDecoder`; its first mask token is the one that tracks.
        position: SAM's `PositionEmbeddingRandom`.
        skip_channels: channels of the encoder's x8 and x4; None for an encoder without.
        prompt_encoder: SAM's `PromptEncoder`; None to track only.
    """

    def __init__(
        self,
        mask_decoder: Any,
        position: Any,
        skip_channels: tuple[int, int] | None,
        prompt_encoder: Any | None = None,
    ) -> None:
        super().__init__()
        self.mask_decoder = mask_decoder
        self.position = position
        self.prompt_encoder = prompt_encoder
        self.token = nn.Embedding(1, CHANNELS)
        self.prompt_embedding = nn.Sequential(
            nn.Conv2d(PROMPT_MAPS, 32, 3, padding=1), nn.GELU(), nn.Conv2d(32, CHANNELS, 1)
        )
        drawn = 0
        if prompt_encoder is not None:
            drawn = USER_MAPS
            self.user_embedding = nn.Sequential(
                nn.Conv2d(USER_MAPS, 32, 3, padding=1), nn.GELU(), nn.Conv2d(32, CHANNELS, 1)
            )
        self.skips: nn.ModuleList | None = None
        if skip_channels is not None:
            wide, _, _, narrow, _ = mask_decoder.output_upscaling
            c8, c4 = skip_channels
            self.skips = nn.ModuleList(
                [
                    nn.Conv2d(c8 + PROMPT_MAPS + drawn, wide.out_channels, 1),
                    nn.Conv2d(c4 + drawn, narrow.out_channels, 1),
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
        dense = dense + _pooled(self.prompt_embedding, maps, (h, w))
        share = torch.sigmoid((prompts.reference_similarity - prompts.last_similarity) / TRUST)
        label = torch.lerp(prompts.last_label, prompts.reference_label, share)
        base = torch.logit(label.clamp(CERTAIN, 1 - CERTAIN))
        start = self.alpha * base + self.beta * prompts.target_score
        start = F.interpolate(start[:, None], (4 * h, 4 * w), mode="bilinear", align_corners=False)
        drawn = None
        if self.prompt_encoder is not None:
            mask = torch.sigmoid(start)
            nothing = mask.new_zeros(len(mask), USER_MAPS - 1, 4 * h, 4 * w)
            drawn = torch.cat([nothing, mask], dim=1)
            dense = dense + embed_masks(self.prompt_encoder, mask[:, 0])
        tokens = image.new_zeros(len(image), 0, CHANNELS)
        learned, iou = self._sam(image, dense, tokens, (maps, drawn), (x8, x4), count=1)
        logits = start[:, 0] + self.gain * learned[:, 0].float()
        size = (maps.shape[-2], maps.shape[-1])
        covered = F.adaptive_avg_pool2d((logits > 0).float()[:, None], size)[:, 0]
        best = torch.maximum(prompts.reference_similarity, prompts.last_similarity).float()
        return Decoded(
            logits,
            torch.sigmoid(torch.logit(_certainty(logits), eps=1e-3) + iou[:, 0].float()),
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

    def point(
        self, image: Tensor, x8: Tensor, x4: Tensor, prompts: PromptBatch, *, single: bool = False
    ) -> Candidates:
        """Decode what is pointed at in n squares.

        Args:
            image: (n, 256, h, w), x16 of the squares.
            x8: (n, c8, 2h, 2w).
            x4: (n, c4, 4h, 4w).
            prompts: of the n squares.
            single: whether the single mask is enough.
        """
        assert self.prompt_encoder is not None, "this network tracks only"
        user = prompts.maps()
        dense = prompts.dense(self.prompt_encoder)
        tokens = prompts.tokens(self.prompt_encoder)
        n, _, h, w = image.shape
        nothing = user.new_zeros(n, PROMPT_MAPS, 2 * h, 2 * w)
        count = 1 if single else self.mask_decoder.num_mask_tokens
        logits, iou = self._sam(image, dense, tokens, (nothing, user), (x8, x4), count=count)
        logits = logits.float()
        certainty = _certainty(logits.flatten(0, 1)).view(n, count)
        return Candidates(
            logits, torch.sigmoid(torch.logit(certainty, eps=1e-3) + iou[:, :count].float())
        )

    def _sam(
        self,
        image: Tensor,
        dense: Tensor,
        tokens: Tensor,
        maps: tuple[Tensor, Tensor | None],
        skips: tuple[Tensor | None, Tensor | None],
        *,
        count: int,
    ) -> tuple[Tensor, Tensor]:
        """Run `MaskDecoder.predict_masks` for rows with an image each: the first `count` masks.

        SAM's own forward repeats every image for every row of prompts; rows are paired here.

        Args:
            image: (n, 256, h, w).
            dense: (n, 256, h, w), added to it.
            tokens: (n, k, 256), sparse prompts beside the learnable one.
            maps: prompt maps (n, 6, 2h, 2w) and what the user draws (n, 4, 4h, 4w), if anything.
            skips: x8 and x4.
            count: of masks.

        Returns:
            Logits (n, count, 4h, 4w) and what the IoU head says (n, masks of the decoder).
        """
        sam = self.mask_decoder
        n, channels, h, w = image.shape
        evidence, drawn = maps
        output = torch.cat([sam.iou_token.weight, sam.mask_tokens.weight, self.token.weight])
        tokens = torch.cat([output.expand(n, -1, -1), tokens.to(output.dtype)], dim=1)
        if drawn is not None:
            dense = dense + _pooled(self.user_embedding, F.avg_pool2d(drawn, 2), (h, w))
        position = self.position((h, w)).expand(n, -1, -1, -1)
        hidden, source = sam.transformer(image + dense, position, tokens)
        source = source.transpose(1, 2).reshape(n, channels, h, w)
        to8, norm, act8, to4, act4 = sam.output_upscaling
        x8, x4 = skips
        if self.skips is None or x8 is None or x4 is None:
            up = act4(to4(act8(norm(to8(source)))))
        else:
            skip8, skip4 = self.skips
            fine8, fine4 = [x8, evidence], [x4]
            if drawn is not None:
                fine8, fine4 = [*fine8, F.avg_pool2d(drawn, 2)], [*fine4, drawn]
            up = act8(norm(to8(source) + skip8(torch.cat(fine8, dim=1))))
            up = act4(to4(up) + skip4(torch.cat(fine4, dim=1)))
        weights = torch.stack(
            [
                head(hidden[:, 1 + number])
                for number, head in enumerate(sam.output_hypernetworks_mlps[:count])
            ],
            dim=1,
        )
        learned = (weights @ up.flatten(2)).view(n, count, *up.shape[-2:])
        return learned, sam.iou_prediction_head(hidden[:, 0])


def _pooled(embedding: nn.Sequential, maps: Tensor, size: tuple[int, int]) -> Tensor:
    """Compute an embedding (n, 256, h, w) of finer maps.

    Pooling and a 1x1 convolution commute; pooled first, there is less to convolve.
    """
    *fine, widen = embedding
    embedded: Tensor = widen(F.adaptive_avg_pool2d(nn.Sequential(*fine)(maps), size))
    return embedded


def _certainty(logits: Tensor) -> Tensor:
    """Return the mean foreground probability inside each mask, (n,); 0 for an empty one."""
    inside = logits > 0
    total = (torch.sigmoid(logits) * inside).sum((1, 2))
    return total / inside.sum((1, 2)).clamp(min=1)
