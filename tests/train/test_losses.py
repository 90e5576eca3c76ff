"""Losses against arithmetic."""

from __future__ import annotations

import math

import pytest
import torch

from samtracker.train.losses import cross_entropy, dice, iou


def test_cross_entropy_of_all_pixels() -> None:
    logits = torch.tensor([[[0.0, 2.0], [-1.0, 3.0]]])
    truth = torch.tensor([[[1.0, 1.0], [0.0, 0.0]]])
    each = [math.log1p(math.exp(x)) for x in (0, -2, -1, 3)]
    assert float(cross_entropy(logits, truth)) == pytest.approx(sum(each) / 4, rel=1e-6)
    hardest = sorted(each)[2:]
    assert float(cross_entropy(logits, truth, 0.5)) == pytest.approx(sum(hardest) / 2, rel=1e-6)


def test_the_hardest_pixels_are_those_of_each_mask() -> None:
    logits = torch.tensor([[[5.0, 5.0]], [[-5.0, 0.0]]])
    truth = torch.ones(2, 1, 2)
    wanted = [math.log1p(math.exp(-5)), math.log1p(math.exp(5))]
    assert cross_entropy(logits, truth, 0.5).tolist() == pytest.approx(wanted, rel=1e-6)


def test_dice_of_each_mask() -> None:
    truth = torch.zeros(2, 1, 4)
    truth[0, 0, :2] = 1
    logits = torch.full((2, 1, 4), -100.0)
    logits[0, 0, 1:3] = 100
    # 1 - (2 * 1 + 1) / (2 + 2 + 1), and nothing for two empty masks.
    assert dice(logits, truth).tolist() == pytest.approx([0.4, 0.0], abs=1e-6)


def test_iou_of_thresholded_masks() -> None:
    logits = torch.tensor([[[1.0, 1.0, -1.0]], [[-1.0, -1.0, -1.0]], [[-1.0, 1.0, -1.0]]])
    truth = torch.tensor([[[0.0, 1.0, 1.0]], [[0.0, 0.0, 0.0]], [[0.0, 0.0, 1.0]]])
    assert iou(logits, truth).tolist() == pytest.approx([1 / 3, 1.0, 0.0])


def test_losses_pull_the_right_way() -> None:
    logits = torch.zeros(1, 2, 2, requires_grad=True)
    truth = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
    loss = cross_entropy(logits, truth) + dice(logits, truth)
    (gradient,) = torch.autograd.grad(loss.sum(), logits)
    assert torch.equal(gradient.sign(), 1 - 2 * truth)
