"""Which object a pixel belongs to."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

FAINT = 0.02
"""Mask probability below which a soft template's pixel is background."""


def soft_aggregate(logits: Tensor) -> Tensor:
    """Make masks that do not overlap, by soft aggregation.

    A pixel is background with the probability that it is of no object; it goes to the object with
    the largest odds, if they are above the background's.

    Source: Oh et al., Video Object Segmentation using Space-Time Memory Networks, ICCV 2019.

    Args:
        logits: Float (n, H, W).

    Returns:
        Bool (n, H, W).
    """
    if len(logits) == 1:
        return logits > 0
    best = logits.amax(dim=0)
    taken = best > 0  # a probability above a half is above all that is left for the background
    # Below it several objects together may beat the background, unless all are unlikely.
    open_ = (best > -math.log(2 * len(logits))) & ~taken
    nothing = -F.softplus(logits[:, open_]).sum(dim=0)  # log of the background's probability
    taken[open_] = best[open_] > nothing - torch.log(-torch.expm1(nothing))
    masks = logits == best
    for row in range(len(masks)):  # of objects that are equal the first one has a pixel
        masks[row] &= taken
        taken ^= masks[row]
    return masks


def soft_masks(logits: Tensor, like: Tensor) -> Tensor:
    """Average the mask probabilities of logits (n, h, w) over the cells of `like` (..., h', w').

    A place counts for the object with the largest logit there. Probabilities below `FAINT` count as
    0, so that the object is looked for around its mask.
    """
    shares = (torch.sigmoid(logits) * (logits == logits.amax(dim=0)))[:, None]
    shares = F.adaptive_avg_pool2d(shares * (shares > FAINT), (like.shape[-2], like.shape[-1]))
    return shares[:, 0]
