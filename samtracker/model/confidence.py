"""How sure a mask is: the IoU with the truth that its own probabilities let expect.

The mean probability inside a mask says nothing of what the mask may lack; this counts both. With
several objects a pixel that two of them claim is sure of neither.
"""

from __future__ import annotations

import torch
from torch import Tensor

from samtracker.model.aggregation import soft_aggregate


def expected_iou(logits: Tensor) -> Tensor:
    """Return the expected IoU of each object's mask, (n,) from 0 to 1; 0 for an empty one.

    With p the probability that a pixel is of the object, which is the softmax over all objects and
    a background of logit 0, it is the sum of p inside the mask over the mask's area and the sum of
    p outside.

    Args:
        logits: Float (n, H, W) of all objects of a frame.

    >>> one = torch.tensor([[[0.0, 9.0], [-9.0, 9.0]]])
    >>> [round(float(iou), 2) for iou in expected_iou(one)]
    [0.8]
    """
    logits = logits.float()
    background = torch.zeros_like(logits[:1])
    p = torch.softmax(torch.cat([background, logits]), dim=0)[1:]
    inside = soft_aggregate(logits)
    found = (p * inside).sum((1, 2))
    missed = (p * ~inside).sum((1, 2))
    return found / (inside.sum((1, 2)) + missed).clamp(min=1e-6)


def calibrated(iou: Tensor, calibration: tuple[float, float]) -> Tensor:
    """Return an expected IoU as those in which it was found to be wrong let expect it.

    Its logit is shifted and scaled: Platt, Probabilistic Outputs for Support Vector Machines
    (1999).

    Args:
        iou: Float (n,), 0 to 1.
        calibration: Shift and scale; (0, 1) changes nothing but the very ends.
    """
    shift, scale = calibration
    return torch.sigmoid(shift + scale * torch.logit(iou, eps=1e-3))
