"""Which object a pixel belongs to."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def share_out(logits: Tensor) -> Tensor:
    """Masks that do not overlap, bool (n, H, W): soft aggregation.

    A pixel is background with the probability that it is of no object; it goes to the object with
    the largest odds, if they are above the background's.

    Source: Oh et al., Video Object Segmentation using Space-Time Memory Networks, ICCV 2019.

    Args:
        logits: float (n, H, W).
    """
    nothing = -F.softplus(logits).sum(dim=0)  # log of the background's probability
    background = nothing - torch.log(-torch.expm1(nothing.clamp(max=-1e-6)))
    best, owner = logits.max(dim=0)
    numbers = torch.arange(len(logits), device=logits.device)[:, None, None]
    return (owner == numbers) & (best > background)
