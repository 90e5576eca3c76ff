"""Pairs of masks and boxes, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from samtracker.masks.association import associate, box_ious, mask_ious


def test_the_best_pairs_come_first_and_nothing_is_in_two() -> None:
    scores = [[0.9, 0.8, 0.1], [0.85, 0.7, 0.2], [0.6, 0.75, 0.5]]
    assert list(associate(scores, least=0.5).items()) == [(0, 0), (2, 1)]
    assert associate(scores, least=0.2) == {0: 0, 2: 1, 1: 2}
    assert associate([[0.5]], least=0.5) == {0: 0}  # that is enough
    assert associate([[0.49]], least=0.5) == {}
    assert associate([[float("nan")]], least=0.5) == {}
    assert associate(np.zeros((0, 3)), least=0.5) == associate(np.zeros((3, 0)), least=0.5) == {}


def test_the_scores_are_left_alone() -> None:
    scores = np.array([[0.9, 0.8]])
    associate(scores, least=0.5)
    assert scores.tolist() == [[0.9, 0.8]]


def test_ious_of_masks() -> None:
    masks = np.zeros((3, 4, 6), bool)
    masks[0, :2, :4] = masks[1, 1:3, 1:4] = True  # 8 and 6 pixels, 3 in common; the last is empty
    ious = mask_ious([masks[0], masks[1], masks[2]], [masks[1], masks[2]])
    assert ious == pytest.approx(np.array([[3 / 11, 0], [1, 0], [0, 0]]))


def test_a_pixel_is_a_mask() -> None:
    assert mask_ious([np.ones((1, 1), bool)], [np.ones((1, 1), bool)]).tolist() == [[1.0]]


def test_ious_of_boxes() -> None:
    boxes, others = [[0, 0, 4, 2], [1, 1, 4, 3]], [[1, 1, 4, 3], [9, 1, 12, 3], [1, 9, 4, 12]]
    ious = box_ious([*boxes, [5, 5, 5, 5]], others)
    assert ious == pytest.approx(np.array([[3 / 11, 0, 0], [1, 0, 0], [0, 0, 0]]))
    small = (np.array(item, np.uint8) for item in (boxes, others))
    assert box_ious(*small) == pytest.approx(ious[:2])
    assert box_ious([[5, 5, 5, 5]], [[5, 5, 5, 5]]).tolist() == [[0.0]]
