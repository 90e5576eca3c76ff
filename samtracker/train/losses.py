"""Losses of predicted masks, and the IoU that is reported beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Losses:
    """The losses of a batch.

    Attributes:
        total: Scalar that is minimized.
        parts: "cross_entropy", "dice", "iou_error" and "iou", without gradients; means over masks.
    """

    total: Tensor
    parts: dict[str, Tensor]


def mean_losses(losses: Sequence[Losses]) -> Losses:
    """Return the mean of several."""
    parts = {
        name: torch.stack([item.parts[name] for item in losses]).mean() for name in losses[0].parts
    }
    return Losses(torch.stack([item.total for item in losses]).mean(), parts)


def cross_entropy(logits: Tensor, truth: Tensor, hard_share: float = 1.0) -> Tensor:
    """Return the bootstrapped binary cross entropy of each mask: the mean over its hardest pixels.

    Bootstrapping follows Wu et al., Bridging Category-level and Instance-level Semantic Image
    Segmentation (2016).

    Args:
        logits: Float (n, H, W).
        truth: Float (n, H, W), 0 or 1.
        hard_share: Share of the pixels that count, above 0; 1 is plain cross entropy.

    Returns:
        float (n,), at least 0.

    >>> logits, truth = torch.tensor([[[0.0, 100.0]]]), torch.tensor([[[1.0, 1.0]]])
    >>> [round(float(cross_entropy(logits, truth, share)), 4) for share in (1.0, 0.5)]
    [0.3466, 0.6931]
    """
    losses = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").flatten(1)
    if hard_share == 1.0:
        return losses.mean(1)
    return losses.topk(max(1, round(hard_share * losses.shape[1])), dim=1, sorted=False)[0].mean(1)


def dice(logits: Tensor, truth: Tensor) -> Tensor:
    """Return 1 - the Dice coefficient of the probabilities of each mask.

    The loss is that of Milletari et al., V-Net (2016). One pixel is added to both sides of the
    fraction, so that two empty masks cost nothing.

    Args:
        logits: Float (n, H, W).
        truth: Float (n, H, W), 0 or 1.

    Returns:
        float (n,), from 0 to 1.

    >>> truth = torch.tensor([[[1.0, 0.0, 0.0]]])
    >>> round(float(dice(truth * 200 - 100, truth)), 4)
    0.0
    >>> round(float(dice(100 - truth * 200, truth)), 4)  # 1 - 1 / (2 + 1 + 1)
    0.75
    """
    share = logits.sigmoid()
    both = (share * truth).sum((1, 2))
    return 1 - (2 * both + 1) / (share.sum((1, 2)) + truth.sum((1, 2)) + 1)


def iou(logits: Tensor, truth: Tensor) -> Tensor:
    """Return the intersection over union of the thresholded masks; 1 where both are empty.

    Args:
        logits: Float (n, H, W).
        truth: Float (n, H, W), 0 or 1.

    Returns:
        Float (n,), from 0 to 1.

    >>> iou(torch.tensor([[[5.0, 5.0, -5.0]]]), torch.tensor([[[0.0, 1.0, 0.0]]]))
    tensor([0.5000])
    """
    predicted, present = logits > 0, truth > 0.5
    union = (predicted | present).sum((1, 2))
    both = (predicted & present).sum((1, 2))
    return torch.where(union > 0, both / union.clamp(min=1), torch.ones_like(both).float())
