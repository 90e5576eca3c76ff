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

BLOCK = 10, 20
"""Rows and columns of query cells that are matched at a time on a CPU, at most: the fewer, the less
is compared in vain; the more, the quicker is a comparison."""

BLOCK_ON_GPU = 64, 64
"""The same on a GPU, where few large computations are quicker."""

FAR = -4.0
"""What is added to the similarity of a cell out of reach: below any cosine thereafter."""

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
    chunks = torch.split(query.flatten(1).T, math.prod(_block(query)))
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
    block = _block(query)
    bands = [(*band, _beyond(*band, radius, query)) for band in _bands(height, radius, block[0])]
    for columns, near_columns in _bands(width, radius, block[1]):
        beside = _beyond(columns, near_columns, radius, query)
        # Contiguous, so that the rows of any block are so, too.
        strip, covered = keys[:, near_columns].contiguous(), labels[..., near_columns].contiguous()
        for rows, near_rows, above_below in bands:
            if wanted is not None and not wanted[rows, columns].any():
                continue
            cells = query[rows, columns]
            # The similarities are added to what keeps cells out of reach from being picked.
            similarity = (above_below[:, None, :, None] + beside[:, None]).flatten(2).flatten(0, 1)
            similarity.addmm_(cells.flatten(0, 1), strip[near_rows].flatten(0, 1).T)
            vote, nearest = _vote(similarity, covered[:, near_rows].flatten(1))
            votes[:, rows, columns] = vote.view(-1, *cells.shape[:2])
            best[rows, columns] = nearest.view(cells.shape[:2])
    return votes, best


def propagate_each(
    queries: Tensor, keys: Tensor, labels: Tensor, radius: int | None
) -> tuple[Tensor, Tensor]:
    """Match n frames against a template each, all at once: `propagate` and `propagate_windowed`.

    Every pair of cells is compared, so that the memory it takes grows with the square of the area.

    Args:
        queries: unit-norm (n, c, h, w).
        keys: unit-norm (n, c, h, w), at the same places of the templates' frames; of any other
            height and width without a radius.
        labels: of the keys, the share of each cell that the object covers, 0 to 1.
        radius: in cells; None for anywhere.

    Returns:
        The propagated labels and the best similarities, both float32 (n, h, w).
    """
    height, width = queries.shape[2:]
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
    votes, best = (picked * weights).sum(-1), values[..., 0].float()
    return votes.view(-1, height, width), best.view(-1, height, width)


def _block(query: Tensor) -> tuple[int, int]:
    return BLOCK if query.device.type == "cpu" else BLOCK_ON_GPU


def _bands(limit: int, radius: int, block: int) -> Iterator[tuple[slice, slice]]:
    """Yield stretches of an axis, and the stretches that they can reach."""
    side = math.ceil(limit / math.ceil(limit / block))  # as alike as they can be
    for first in range(0, limit, side):
        last = min(first + side, limit)
        yield slice(first, last), slice(max(first - radius, 0), min(last + radius, limit))


def _beyond(stretch: slice, near: slice, radius: int, like: Tensor) -> Tensor:
    """Return `FAR` for each pair of a stretch's cell and one out of its reach, 0 for others."""
    cells, candidates = (
        torch.arange(part.start, part.stop, device=like.device) for part in (stretch, near)
    )
    return ((cells[:, None] - candidates).abs() > radius).to(like.dtype) * FAR


def _vote(similarity: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Vote for labels (n, q) by the nearest cells; with the best similarity (q,), float32.

    Args:
        similarity: (q, m).
        labels: (n, m).
    """
    count = similarity.shape[1]
    if count < ENOUGH:
        similarity = F.pad(similarity, (0, ENOUGH - count), value=FAR)
    values, places = similarity.topk(TOP_K, dim=-1)
    values = values.float()
    weights = torch.softmax(values / TEMPERATURE, dim=-1)
    return (labels[:, places.clamp_(max=count - 1)] * weights).sum(-1), values[:, 0]
