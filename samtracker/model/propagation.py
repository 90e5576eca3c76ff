"""Label propagation: copy a template's mask along the most similar cells.

The recipe of Jabri et al., Space-Time Correspondence as a Contrastive Random Walk (NeurIPS 2020):
the k most similar template cells vote, weighted by a softmax of their similarity.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

TOP_K = 10
TEMPERATURE = 0.07

BLOCK = 20
"""Side of the square of query cells that are matched at a time on a CPU, at most."""

BLOCK_ON_GPU = 64
"""The same on a GPU, where few large computations are quicker."""

FAR = -3.0
"""Similarity of a template cell that is not there: below any cosine."""

ENOUGH = 64 * TOP_K
"""Candidates from which on PyTorch's topk on a CPU takes a way that is three times as fast; see
`use_partial_sort` in ATen's TopKImpl.h."""


def propagate(query: Tensor, keys: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Match every cell against every template cell.

    Args:
        query: Unit-norm (c, h, w).
        keys: Unit-norm (m, c).
        labels: (n, m), the share of each template cell that each object covers, 0 to 1.

    Returns:
        The propagated labels (n, h, w) and the best similarities (h, w), both float32.
    """
    shape = query.shape[1:]
    # A chunk's similarities stay in the processor's cache until the best are picked.
    chunks = torch.split(query.flatten(1).T, _block(query) ** 2)
    found = [_vote(*(chunk @ keys.T).topk(TOP_K, dim=-1), labels) for chunk in chunks]
    votes, best = (torch.cat(parts, dim=-1) for parts in zip(*found, strict=True))
    return votes.view(-1, *shape), best.view(shape)


def propagate_windowed(
    query: Tensor, keys: Tensor, labels: Tensor, radius: int, wanted: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Match every cell against the template cells at most `radius` rows and columns away.

    The map is cut into blocks that look only at the candidates some cell of theirs can reach:
    exact, and linear in the map's area.

    Args:
        query: Unit-norm (c, h, w).
        keys: Unit-norm (c, h, w), at the same place of the template's frame.
        labels: (n, h, w), the share of each template cell that each object covers, 0 to 1.
        radius: In cells.
        wanted: Bool (h, w) on the CPU; blocks without such a cell are skipped, their results 0.

    Returns:
        The propagated labels (n, h, w) and the best similarities (h, w), both float32.
    """
    height, width = labels.shape[1:]
    votes, best = torch.zeros_like(labels), labels.new_zeros(height, width)
    query, keys = query.permute(1, 2, 0), keys.permute(1, 2, 0)
    for rows, near_rows, above_below in _blocks(height, radius, _block(query)):
        for columns, near_columns, sides in _blocks(width, radius, _block(query)):
            if wanted is not None and not wanted[rows, columns].any():
                continue
            block, near = query[rows, columns], keys[near_rows, near_columns]
            similarity = block.flatten(0, 1) @ near.flatten(0, 1).T
            margin = (*sides, *above_below)
            values, places = _pick(
                F.pad(similarity.view(*block.shape[:2], *near.shape[:2]), margin, value=FAR)
            )
            candidates = F.pad(labels[:, near_rows, near_columns], margin).flatten(1)
            vote, nearest = _vote(values, places, candidates)
            votes[:, rows, columns] = vote.view(-1, *block.shape[:2])
            best[rows, columns] = nearest.view(block.shape[:2])
    return votes, best


def propagate_each(
    queries: Tensor, keys: Tensor, labels: Tensor, radius: int | None
) -> tuple[Tensor, Tensor]:
    """Match n frames against a template each, all at once: `propagate` and `propagate_windowed`.

    Every pair of cells is compared, so that the memory it takes grows with the square of the area.

    Args:
        queries: unit-norm (n, c, h, w).
        keys: unit-norm (n, c, h, w), at the same places of the templates' frames.
        labels: (n, h, w), the share of each template cell that the object covers, 0 to 1.
        radius: in cells; None for anywhere.

    Returns:
        The propagated labels and the best similarities, both float32 (n, h, w).
    """
    height, width = labels.shape[1:]
    similarity = queries.flatten(2).transpose(1, 2) @ keys.flatten(2)
    if radius is not None:
        rows, columns = (torch.arange(side, device=labels.device) for side in (height, width))
        down = (rows[:, None] - rows).abs() <= radius
        across = (columns[:, None] - columns).abs() <= radius
        reach = (down[:, None, :, None] & across[None, :, None]).view(similarity.shape[1:])
        similarity = torch.where(reach, similarity, FAR)
    values, places = similarity.topk(TOP_K, dim=-1)
    weights = torch.softmax(values.float() / TEMPERATURE, dim=-1)
    picked = labels.flatten(1).gather(1, places.flatten(1)).view(places.shape)
    return (picked * weights).sum(-1).view(labels.shape), values[..., 0].float().view(labels.shape)


def _block(query: Tensor) -> int:
    return BLOCK if query.device.type == "cpu" else BLOCK_ON_GPU


def _blocks(limit: int, radius: int, block: int) -> Iterator[tuple[slice, slice, tuple[int, int]]]:
    """Yield blocks of an axis, the stretches they can reach, what these lack at its ends."""
    side = math.ceil(limit / math.ceil(limit / block))  # as alike as they can be
    for first in range(0, limit, side):
        last = min(first + side, limit)
        start, stop = max(first - radius, 0), min(last + radius, limit)
        lacking = start - (first - radius), last + radius - stop
        yield slice(first, last), slice(start, stop), lacking


def _pick(similarity: Tensor) -> tuple[Tensor, Tensor]:
    """Pick the best similarities of each cell of a block, and their places: (h * w, k).

    Args:
        similarity: (h, w, h + 2 * radius, w + 2 * radius), contiguous. Of the cell (i, j) only the
            square counts that begins at (i, j).
    """
    height, width, rows, columns = similarity.shape
    square = rows - height + 1, columns - width + 1
    moves = similarity.stride(0) + columns, similarity.stride(1) + 1
    squares = similarity.as_strided((height, width, *square), (*moves, columns, 1))
    candidates = squares.flatten(2).flatten(0, 1)
    lacking = max(ENOUGH - candidates.shape[1], 0)
    values, picks = F.pad(candidates, (0, lacking), value=FAR).topk(TOP_K, dim=-1)
    picks = picks.clamp(max=candidates.shape[1] - 1)
    down, right = (torch.arange(side, device=picks.device) for side in (height, width))
    corners = (down[:, None] * columns + right).flatten()
    return values, corners[:, None] + picks // square[1] * columns + picks % square[1]


def _vote(values: Tensor, places: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Vote for labels (n, q) by the nearest cells; with the best similarity (q,), float32.

    Args:
        values: (q, k), falling.
        places: (q, k) of these among the m cells.
        labels: (n, m).
    """
    values = values.float()
    weights = torch.softmax(values / TEMPERATURE, dim=-1)
    return (labels[:, places] * weights).sum(-1), values[:, 0]
