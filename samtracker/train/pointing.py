"""Pointing as it is trained: a picture, a prompt, and rounds of corrective clicks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import TrainConfig
from samtracker.model.network import Network
from samtracker.model.prompt_batch import NONE, PromptBatch
from samtracker.train.losses import Losses, cross_entropy, dice, mean_losses
from samtracker.train.prompting import corrected, first_prompts

ROUNDS: Final = 4
"""Of a picture: the first prompt, then a click where the mask is most wrong, again and again."""

SINGLE: Final = 0.3
"""Weight of the single mask beside the best of the three candidates for one click."""


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Squares of n pictures with an object each.

    Attributes:
        frames: RGB uint8 (n, 3, S, S).
        masks: bool (n, S, S), the object of each.
        ignored: bool (n, S, S), what costs nothing.
        inside: float32 (n,), share of the object that the square shows. The predicted IoU counts
            what lies outside, so that a square which cuts its object is no good candidate.
    """

    frames: Tensor
    masks: Tensor
    ignored: Tensor
    inside: Tensor


def point(network: Network, config: TrainConfig, pictures: Pictures) -> Losses:
    """Return the losses of pictures, as means over the rounds; "iou" is that of the last one.

    Args:
        network: Network that is trained.
        config: Gives the weights of the losses.
        pictures: What is pointed at.
    """
    prompter = network.own_prompter
    assert prompter is not None, "pictures need a prompter"
    masks, ignored = pictures.masks, pictures.ignored
    features = network.encode_pixels(pictures.frames)
    assert features.x8 is not None, "lite has skips"
    assert features.x4 is not None, "lite has skips"
    prompts = first_prompts(masks)
    rounds = []
    for number in range(ROUNDS):
        # Only the first prompt can be a lone click, which may mean several things.
        found = prompter(features.x16, features.x8, features.x4, prompts, single=number > 0)
        logits = F.interpolate(found.logits, masks.shape[-2:], mode="bilinear", align_corners=False)
        logits = torch.where(ignored[:, None], -20.0, logits)
        rounds.append(_losses(logits, found.scores, prompts, pictures, config))
        if number + 1 < ROUNDS:
            # A lone click goes on from its best candidate, all else from the single mask.
            best = torch.where(_is_lone(prompts), found.scores.argmax(1), 0)
            chosen = found.logits.detach()[
                torch.arange(len(best), device=best.device), best
            ].sigmoid()
            prompts = corrected(prompts, masks, chosen, ignored)
    mean = mean_losses(rounds)
    return Losses(mean.total, {**mean.parts, "iou": rounds[-1].parts["iou"]})


def _losses(
    logits: Tensor,
    scores: Tensor,
    prompts: PromptBatch,
    pictures: Pictures,
    config: TrainConfig,
) -> Losses:
    """Of one round: logits (n, 4, S, S), predicted IoU (n, 4)."""
    n, count = logits.shape[:2]
    wanted = pictures.masks.float()[:, None].expand_as(logits)
    flat = logits.flatten(0, 1), wanted.flatten(0, 1)
    entropy = cross_entropy(*flat, config.hard_share).view(n, count)
    overlap = dice(*flat).view(n, count)
    mask_loss = entropy + config.dice_weight * overlap
    ambiguous = _is_lone(prompts)
    # The best of the candidates learns, and so does the single mask beside it.
    best = (
        mask_loss[:, 1:].argmin(1) + 1
        if count > 1
        else torch.zeros(n, dtype=torch.long, device=logits.device)
    )
    several = mask_loss.gather(1, best[:, None])[:, 0] + SINGLE * mask_loss[:, 0]
    total = torch.where(ambiguous, several, mask_loss[:, 0])
    true_iou = _whole_iou(logits.detach(), wanted, pictures.inside)
    # The other candidates are asked for by lone clicks alone.
    counts = torch.ones_like(scores)
    counts[:, 1:] = ambiguous[:, None]
    error = (counts * (scores - true_iou).square()).sum() / counts.sum()
    chosen = torch.where(ambiguous, best, 0)[:, None]
    return Losses(
        total.mean() + config.iou_weight * error,
        {
            "cross_entropy": entropy.detach().gather(1, chosen).mean(),
            "dice": overlap.detach().gather(1, chosen).mean(),
            "iou_error": error.detach(),
            "iou": true_iou.gather(1, chosen).mean(),
        },
    )


def _is_lone(prompts: PromptBatch) -> Tensor:
    """Return whether a prompt is a single click and nothing else, bool (n,)."""
    clicks = (prompts.labels != NONE).sum(1)
    return (clicks == 1) & ~prompts.has_box & ~prompts.has_mask


def _whole_iou(logits: Tensor, truth: Tensor, inside: Tensor) -> Tensor:
    """IoU (n, k) with the whole object, of which a share `inside` (n,) is in the square."""
    found = logits > 0
    both = (found & (truth > 0.5)).sum((2, 3)).float()
    whole = truth.sum((2, 3)) / inside[:, None]
    return both / (found.sum((2, 3)) + whole - both).clamp(min=1.0)
