"""What a user would point at: boxes, clicks and corrections simulated from the truth.

The rules are those of RITM (Sofiiuk et al., Reviving Iterative Training with Mask Guidance for
Interactive Segmentation, 2021) and SAM (Kirillov et al., Segment Anything, 2023): jittered boxes,
clicks well inside the object, and further clicks in the middle of the largest error.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.model.prompt_batch import NONE, STRIDE, PromptBatch, box_of, to_cells

CLICKS: Final = 6
"""Places for clicks: at most three of the first prompt and one for every further round."""

JITTER: Final = 0.04
"""Deviation of a box's sides, as a share of its width or height."""

DEPTH: Final = 24
"""Cells up to which the distance from the border of a region counts."""

LEAST_LEFT: Final = 0.25
"""Share of an object that a spoiled mask shows at least; a small one could be wiped out."""

_KINDS: Final = torch.tensor([0.4, 0.25, 0.15, 0.2])  # box, one click, several, a mask alone
_NEGATIVE: Final = 0.25  # share of the first prompts with a click on the background
_CENTERED: Final = 0.4  # share of the clicks in the very middle


def first_prompts(truth: Tensor) -> PromptBatch:
    """Draw prompts for n objects, at random from torch's generator of the device.

    Args:
        truth: bool (n, S, S), none of them empty.
    """
    n, device = len(truth), truth.device
    cells = to_cells(truth)
    region = cells > 0.5
    region = torch.where(region.any(2).any(1)[:, None, None], region, cells > 0)
    kind = torch.multinomial(_KINDS.to(device), n, replacement=True)
    boxes = box_of(truth)
    sizes = (boxes[:, 2:] - boxes[:, :2]).repeat(1, 2)
    jittered = (boxes + JITTER * sizes * torch.randn_like(boxes)).clamp(0, truth.shape[-1])
    fits = (jittered[:, 2:] - jittered[:, :2] >= STRIDE).all(1)
    boxes = torch.where(fits[:, None], jittered, boxes)
    points = torch.zeros(n, CLICKS, 2, device=device)
    labels = torch.full((n, CLICKS), NONE, device=device)
    wanted = torch.where(kind == 2, torch.randint(2, 4, (n,), device=device), (kind == 1).long())
    depth = _depth(region)
    for number in range(3):
        place, found = _click(depth)
        points[:, number] = place
        labels[:, number] = torch.where((number < wanted) & found, 1, NONE)
    beside = F.max_pool2d(region.float()[:, None], 13, stride=1, padding=6)[:, 0] > 0
    place, found = _click(_depth(beside & ~region))
    wanted_off = (torch.rand(n, device=device) < _NEGATIVE) & (kind < 3) & found
    points[:, 3] = place
    labels[:, 3] = torch.where(wanted_off, 0, NONE)
    alone = (kind == 3)[:, None, None]
    return PromptBatch(
        boxes=torch.where((kind == 0)[:, None], boxes, torch.nan),
        points=points,
        labels=labels,
        masks=torch.where(alone, spoiled(cells), torch.zeros_like(cells)),
    )


def from_boxes(truth: Tensor) -> PromptBatch:
    """Make prompts of the true boxes of masks (n, S, S)."""
    n, device = len(truth), truth.device
    return PromptBatch(
        boxes=box_of(truth),
        points=torch.zeros(n, CLICKS, 2, device=device),
        labels=torch.full((n, CLICKS), NONE, device=device),
        masks=torch.zeros_like(to_cells(truth)),
    )


def corrected(prompts: PromptBatch, truth: Tensor, masks: Tensor, ignored: Tensor) -> PromptBatch:
    """Return the prompts of the next round: one more click where a mask is most wrong.

    Args:
        prompts: so far; the last places for clicks that are free are filled.
        truth: bool (n, S, S).
        masks: float32 (n, S/4, S/4), probabilities found so far.
        ignored: bool (n, S, S), what is never clicked on.
    """
    wanted, found = to_cells(truth) > 0.5, masks > 0.5
    counts = to_cells(ignored) == 0
    wrong = torch.cat([wanted & ~found & counts, found & ~wanted & counts])
    missed, extra = _depth(wrong).chunk(2)
    depth = torch.maximum(missed, extra).flatten(1)
    deepest, place = depth.max(1)
    label = (missed.flatten(1).gather(1, place[:, None])[:, 0] >= deepest).long()
    labels, points = prompts.labels.clone(), prompts.points.clone()
    free = (labels == NONE).float()
    slot = (free * torch.arange(1, CLICKS + 1, device=free.device)).argmax(1)
    rows = torch.arange(len(truth), device=free.device)
    usable = (deepest > 0) & (free.amax(1) > 0)
    labels[rows, slot] = torch.where(usable, label, labels[rows, slot])
    there = _to_pixels(place, masks.shape[-1])
    points[rows, slot] = torch.where(usable[:, None], there, points[rows, slot])
    return replace(prompts, points=points, labels=labels, masks=masks)


def spoiled(shares: Tensor) -> Tensor:
    """Make masks such as a tracker may have: parts missing, bleeding, shifted, with soft borders.

    Args:
        shares: float32 (n, h, w), the truth's shares of cells.

    Returns:
        float32 (n, h, w), probabilities.
    """
    n, height, width = shares.shape
    device = shares.device
    size = shares.mean((1, 2), keepdim=True).sqrt() * height  # cells of a side of the object
    noise = torch.zeros_like(shares)
    for knots, height_of_waves in ((4, 1.0), (9, 0.8), (18, 0.4)):
        coarse = height_of_waves * torch.randn(n, 1, knots, knots, device=device)
        noise = noise + F.interpolate(coarse, (height, width), mode="bicubic")[:, 0]
    reach = (size * torch.rand(n, 1, 1, device=device) * 0.25).clamp(1, 10)
    wide, narrow = _blurred(shares, 10), _blurred(shares, 3)
    soft = torch.lerp(narrow, wide, (reach - 1) / 9)
    strength = 0.35 * torch.rand(n, 1, 1, device=device)
    bias = 0.2 * (torch.rand(n, 1, 1, device=device) - 0.5)
    rough = soft + strength * noise + bias > 0.5
    rough = rough & (soft > 0.02)
    rough = torch.where(torch.rand(n, 1, 1, device=device) < 0.35, rough & _half(shares), rough)
    shift = int(torch.randint(4, 20, ()))
    neighbor = torch.roll(shares > 0.5, shift, dims=1 + int(torch.randint(2, ())))
    rough = torch.where(torch.rand(n, 1, 1, device=device) < 0.15, rough | neighbor, rough)
    covered = shares > 0
    left = (rough & covered).sum((1, 2)) / covered.sum((1, 2)).clamp(min=1)
    rough = torch.where((left >= LEAST_LEFT)[:, None, None], rough, covered)
    sure = 0.02 + 0.18 * torch.rand(n, 1, 1, device=device)
    return F.avg_pool2d(rough.float()[:, None], 3, 1, 1)[:, 0] * (1 - 2 * sure) + sure


def _half(shares: Tensor) -> Tensor:
    """Draw a half plane through each object, bool (n, h, w)."""
    n, height, width = shares.shape
    angle = 2 * torch.pi * torch.rand(n, 1, 1, device=shares.device)
    y = torch.arange(height, device=shares.device)[None, :, None] / height
    x = torch.arange(width, device=shares.device)[None, None] / width
    along = angle.cos() * x + angle.sin() * y
    total = shares.sum((1, 2), keepdim=True).clamp(min=1e-6)
    middle = (along * shares).sum((1, 2), keepdim=True) / total
    spread = (((along - middle).square() * shares).sum((1, 2), keepdim=True) / total).sqrt()
    return along < middle + spread * (1.6 * torch.rand(n, 1, 1, device=shares.device) - 0.8)


def _blurred(shares: Tensor, reach: int) -> Tensor:
    side = 2 * reach + 1
    once = F.avg_pool2d(shares[:, None], side, 1, reach, count_include_pad=False)
    return F.avg_pool2d(once, side, 1, reach, count_include_pad=False)[:, 0]


def _click(depths: Tensor) -> tuple[Tensor, Tensor]:
    """Draw places (n, 2) in model input pixels deep inside regions, and say if there are any."""
    n, depth = len(depths), depths.flatten(1)
    deepest = depth.amax(1, keepdim=True)
    share = 0.1 + 0.8 * torch.rand(n, 1, device=depth.device)
    centered = torch.rand(n, 1, device=depth.device) < _CENTERED
    good = depth >= torch.where(centered, deepest, share * deepest)
    place = (good * (0.1 + torch.rand_like(depth))).argmax(1)
    return _to_pixels(place, depths.shape[-1]), deepest[:, 0] > 0


def _depth(region: Tensor) -> Tensor:
    """Chessboard distance (n, h, w) of each cell to the nearest one outside of its region."""
    # The outside grows into the regions, cell by cell.
    outside = F.pad(1 - region.float()[:, None], (DEPTH,) * 4, value=1.0)
    depth = torch.zeros_like(outside)
    for _ in range(DEPTH):
        depth += outside
        outside = F.max_pool2d(outside, 3, stride=1, padding=1)
    return DEPTH - depth[:, 0, DEPTH:-DEPTH, DEPTH:-DEPTH]


def _to_pixels(place: Tensor, width: int) -> Tensor:
    """Return the middle (x, y) of cells given by their number."""
    column, row = place % width, place // width
    return (torch.stack([column, row], dim=-1) + 0.5) * STRIDE
