"""Label propagation: copy a template's mask along the most similar cells.

The recipe of Jabri et al., Space-Time Correspondence as a Contrastive Random Walk (NeurIPS 2020):
the k most similar template cells vote, weighted by a softmax of their similarity.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

TOP_K = 10
TEMPERATURE = 0.07

BLOCK = 16
"""Side of the square of query cells that are matched at a time."""

FAR = -3.0
"""Added to the similarity of cells that may not be matched: below any cosine afterwards."""


def propagate(query: Tensor, keys: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Match every cell against every template cell.

    Args:
        query: unit-norm (c, h, w).
        keys: unit-norm (m, c).
        labels: (n, m), the share of each template cell that each object covers, 0 to 1.

    Returns:
        The propagated labels (n, h, w) and the best similarities (h, w), both float32.
    """
    shape = query.shape[1:]
    # A chunk's similarities stay in the processor's cache until the best are picked.
    chunks = torch.split(query.flatten(1).T, BLOCK**2)
    found = [_vote(chunk @ keys.T, labels) for chunk in chunks]
    votes, best = (torch.cat(parts, dim=-1) for parts in zip(*found, strict=True))
    return votes.view(-1, *shape), best.view(shape)


def propagate_windowed(
    query: Tensor, keys: Tensor, labels: Tensor, radius: int, wanted: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """Match every cell against the template cells at most `radius` rows and columns away.

    The map is cut into blocks that look only at the candidates some cell of theirs can reach:
    exact, and linear in the map's area.

    Args:
        query: unit-norm (c, h, w).
        keys: unit-norm (c, h, w), at the same place of the template's frame.
        labels: (n, h, w), the share of each template cell that each object covers, 0 to 1.
        radius: in cells.
        wanted: bool (h, w) on the CPU; blocks without such a cell are skipped, their results 0.

    Returns:
        The propagated labels (n, h, w) and the best similarities (h, w), both float32.
    """
    height, width = labels.shape[1:]
    votes, best = torch.zeros_like(labels), labels.new_zeros(height, width)
    query, keys = query.permute(1, 2, 0), keys.permute(1, 2, 0)
    for top in range(0, height, BLOCK):
        rows, near_rows = _reach(top, height, radius)
        for left in range(0, width, BLOCK):
            columns, near_columns = _reach(left, width, radius)
            if wanted is not None and not wanted[rows, columns].any():
                continue
            block = query[rows, columns]
            similarity = torch.addmm(
                _far((rows, near_rows), (columns, near_columns), radius, keys),
                block.flatten(0, 1),
                keys[near_rows, near_columns].flatten(0, 1).T,
            )
            vote, nearest = _vote(similarity, labels[:, near_rows, near_columns].flatten(1))
            votes[:, rows, columns] = vote.view(-1, *block.shape[:2])
            best[rows, columns] = nearest.view(block.shape[:2])
    return votes, best


def _vote(similarity: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Labels (n, q) by the TOP_K nearest of m template cells, and the best similarity (q,).

    Args:
        similarity: (q, m).
        labels: (n, m).
    """
    values, places = similarity.topk(TOP_K, dim=-1)
    values = values.float()
    weights = torch.softmax(values / TEMPERATURE, dim=-1)
    return (labels[:, places] * weights).sum(-1), values[:, 0]


def _reach(first: int, limit: int, radius: int) -> tuple[slice, slice]:
    """Along one axis: a block, and the stretch that its cells can reach."""
    last = min(first + BLOCK, limit)
    return slice(first, last), slice(max(first - radius, 0), min(last + radius, limit))


Axis = tuple[slice, slice]


def _far(rows: Axis, columns: Axis, radius: int, like: Tensor) -> Tensor:
    """What to add to the similarities of a block: 0 within the radius, `FAR` beyond it."""
    # Blocks away from the borders are all alike: what counts is where one lies in its stretch.
    spans = tuple(
        (here.stop - here.start, here.start - near.start, near.stop - near.start)
        for here, near in (rows, columns)
    )
    return _far_bias(spans, radius, like.device, like.dtype)


@lru_cache(maxsize=128)
def _far_bias(
    spans: tuple[tuple[int, int, int], ...], radius: int, device: torch.device, dtype: torch.dtype
) -> Tensor:
    far_rows, far_columns = (
        (torch.arange(first, first + length)[:, None] - torch.arange(reach)).abs() > radius
        for length, first, reach in spans
    )
    far = far_rows[:, None, :, None] | far_columns[None, :, None, :]
    bias: Tensor = far.flatten(2).flatten(0, 1).to(device, dtype) * FAR
    return bias
