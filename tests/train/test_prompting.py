"""Simulated prompts: where they point, and what they look like."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from samtracker.model.prompt_batch import NONE, box_of, to_cells
from samtracker.train.prompting import CLICKS, corrected, first_prompts, from_boxes, spoiled

SIDE = 128


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def rectangles(count: int) -> Tensor:
    """Objects of several sizes and places."""
    masks = torch.zeros(count, SIDE, SIDE, dtype=torch.bool)
    for row in range(count):
        top, left = 8 + 4 * (row % 9), 16 + 4 * (row % 7)
        masks[row, top : top + 24 + 4 * (row % 5), left : left + 20 + 4 * (row % 3)] = True
    return masks


def at(masks: Tensor, row: int, point: Tensor) -> bool:
    x, y = point.tolist()
    return bool(masks[row, int(y), int(x)])


def chessboard_depth(region: list[list[bool]]) -> list[list[int]]:
    """Of each cell the distance to the nearest one outside, in moves of a king."""
    height, width = len(region), len(region[0])
    outside = [
        (row, column)
        for row in range(-1, height + 1)
        for column in range(-1, width + 1)
        if not (0 <= row < height and 0 <= column < width and region[row][column])
    ]
    return [
        [min(max(abs(y - row), abs(x - column)) for y, x in outside) for column in range(width)]
        for row in range(height)
    ]


def test_first_prompts_point_at_the_object() -> None:
    truth = rectangles(200)
    prompts = first_prompts(truth)
    boxes, clicks, masks = prompts.has_box, (prompts.labels == 1).sum(1), prompts.has_mask
    # Each has one kind: a box, clicks, or a mask alone.
    assert (boxes.long() + (clicks > 0).long() + masks.long() == 1).all()
    assert set(clicks.tolist()) == {0, 1, 2, 3}
    for share, kind in ((0.4, boxes), (0.25, clicks == 1), (0.15, clicks > 1), (0.2, masks)):
        assert float(kind.float().mean()) == pytest.approx(share, abs=0.1)
    assert prompts.labels.shape == (200, CLICKS)
    for row in range(200):
        for point, label in zip(prompts.points[row], prompts.labels[row].tolist(), strict=True):
            assert label == NONE or at(truth, row, point) == (label == 1)
    off = (prompts.labels == 0).any(1)
    assert 0 < int(off.sum()) < 80
    assert not (off & masks).any()
    true = box_of(truth)
    shift = (prompts.boxes - true)[boxes] / (true[:, 2:] - true[:, :2]).repeat(1, 2)[boxes]
    assert shift.abs().max() < 0.25
    assert float(shift.std()) == pytest.approx(0.04, rel=0.2)
    assert ((prompts.boxes[boxes] >= 0) & (prompts.boxes[boxes] <= SIDE)).all()


def test_an_object_of_a_few_pixels_can_be_pointed_at() -> None:
    truth = torch.zeros(40, SIDE, SIDE, dtype=torch.bool)
    truth[:, 41:43, 61:63] = True
    prompts = first_prompts(truth)
    pointed = prompts.has_box | prompts.has_mask | (prompts.labels == 1).any(1)
    assert pointed.all()
    clicks = prompts.points[prompts.labels == 1]
    assert torch.equal(clicks, torch.tensor([62.0, 42.0]).expand_as(clicks))
    boxes = prompts.boxes[prompts.has_box]  # too small to be jittered
    assert torch.equal(boxes, torch.tensor([61.0, 41.0, 63.0, 43.0]).expand_as(boxes))


def test_true_boxes() -> None:
    truth = rectangles(5)
    prompts = from_boxes(truth)
    assert torch.equal(prompts.boxes, box_of(truth))
    assert (prompts.labels == NONE).all()
    assert not prompts.has_mask.any()


@settings(max_examples=30, derandomize=True, deadline=None)
@given(st.integers(0, 10_000))
def test_corrections_are_clicks_in_the_middle_of_the_largest_error(seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    cells = torch.rand(1, 5, 5, generator=generator).repeat_interleave(2, 1).repeat_interleave(2, 2)
    found = torch.rand(1, 10, 10, generator=generator)
    truth = (cells > 0.5).repeat_interleave(4, 1).repeat_interleave(4, 2)
    nothing = torch.zeros_like(truth)
    if not truth.any():
        truth[:] = True
    prompts = corrected(from_boxes(truth), truth, found, nothing)
    wanted, is_there = to_cells(truth)[0] > 0.5, found[0] > 0.5
    missed, extra = (
        torch.tensor(chessboard_depth(region.tolist()))
        for region in (wanted & ~is_there, is_there & ~wanted)
    )
    (place,) = (prompts.labels[0] != NONE).nonzero().tolist()
    assert place == [CLICKS - 1]
    column, row = ((prompts.points[0, -1] - 2) / 4).long().tolist()
    deepest = max(int(missed.max()), int(extra.max()))
    on_object = bool(prompts.labels[0, -1] == 1)
    assert int((missed if on_object else extra)[row, column]) == deepest
    assert torch.equal(prompts.masks, found)


def test_corrections_fill_what_is_free_and_end() -> None:
    truth = rectangles(1)
    nothing = torch.zeros(1, SIDE, SIDE, dtype=torch.bool)
    empty = torch.zeros(1, SIDE // 4, SIDE // 4)
    prompts = from_boxes(truth)
    for count in range(1, CLICKS + 1):
        prompts = corrected(prompts, truth, empty, nothing)
        assert (prompts.labels == 1).sum() == count
    assert torch.equal(corrected(prompts, truth, empty, nothing).labels, prompts.labels)
    # A mask without an error needs no click, nor does one that is wrong where nothing counts.
    right = corrected(from_boxes(truth), truth, to_cells(truth), nothing)
    ignored = corrected(from_boxes(truth), truth, empty, truth)
    assert (right.labels == NONE).all()
    assert (ignored.labels == NONE).all()


@pytest.mark.parametrize("side", [6, 10, 30])
def test_spoiled_masks_are_wrong_but_not_elsewhere(side: int) -> None:
    truth = torch.zeros(60, 96, 96)
    truth[:, 20 : 20 + side, 30 : 30 + side] = 1
    found = spoiled(truth)
    assert ((found > 0) & (found < 1)).all()
    inside, outside = ((found * part).sum((1, 2)) / part.sum((1, 2)) for part in (truth, 1 - truth))
    assert (inside > outside).all()
    wanted, there = truth > 0.5, found > 0.5
    overlap = (wanted & there).sum((1, 2)) / (wanted | there).sum((1, 2))
    assert (overlap < 1).float().mean() > 0.8
    assert float(overlap.mean()) > 0.4
