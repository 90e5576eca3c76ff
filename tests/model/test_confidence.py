"""How sure a mask is, by arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from samtracker.model.confidence import calibrated, expected_iou


def logit(p: float) -> float:
    return float(np.log(p / (1 - p)))


def test_pixels_that_a_mask_may_lack_count_like_those_that_it_may_have_too_much() -> None:
    """Two pixels of 0.9 and 0.7 in the mask, one of 0.4 beside it: 1.6 of 2 + 0.4."""
    logits = torch.tensor([[[logit(0.9), logit(0.7), logit(0.4)]]])
    assert expected_iou(logits).tolist() == pytest.approx([1.6 / 2.4])


def test_a_pixel_that_two_objects_claim_is_sure_of_neither() -> None:
    """Odds of 9 and 4 to a background of 1: the first object has 9 in 14, the second 4."""
    logits = torch.tensor([[[np.log(9.0), -30.0]], [[np.log(4.0), -30.0]]])
    assert expected_iou(logits).tolist() == pytest.approx([9 / 14, 0.0], abs=1e-6)
    alone = expected_iou(logits[:1])
    assert alone.tolist() == pytest.approx([0.9])


def test_sure_masks_are_sure_and_empty_ones_are_not() -> None:
    sure = torch.full((1, 4, 4), -30.0)
    sure[:, :2] = 30.0
    assert expected_iou(sure).tolist() == [1.0]
    assert expected_iou(torch.full((1, 4, 4), -30.0)).tolist() == pytest.approx([0.0], abs=1e-6)


def test_a_calibration_shifts_and_scales_the_logit() -> None:
    iou = torch.tensor([0.2, 0.5, 0.9])
    torch.testing.assert_close(calibrated(iou, (0.0, 1.0)), iou)
    wanted = torch.sigmoid(-1.5 + 1.2 * torch.logit(iou))
    torch.testing.assert_close(calibrated(iou, (-1.5, 1.2)), wanted)
    assert 0 < float(calibrated(torch.zeros(1), (0.0, 1.0))) < 0.01
