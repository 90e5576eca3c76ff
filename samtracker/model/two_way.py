"""SAM's two-way transformer, computed with few tokens and many cells in mind.

SAM projects every cell to queries, keys and values. A product of projections can be taken in
another order, though: a token's query meets all cells at once when it has passed the keys' weights
itself, and what a head sums up can pass the values' weights thereafter. With six tokens that is a
third of the arithmetic, and equal but for rounding.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


def two_way(
    transformer: Any, image: Tensor, position: Tensor, tokens: Tensor
) -> tuple[Tensor, Tensor]:
    """Let tokens and cells attend to each other, as SAM's `TwoWayTransformer` does.

    Args:
        transformer: SAM's `TwoWayTransformer`.
        image: (n, m, c), the cells of n objects.
        position: (m, c), the position embedding of the cells.
        tokens: (n, t, c).

    Returns:
        The tokens and the cells thereafter, in the same shapes.
    """
    queries, keys = tokens, image
    for number, layer in enumerate(transformer.layers):
        if number:
            placed = queries + tokens
            queries = queries + layer.self_attn(q=placed, k=placed, v=queries)
        else:
            queries = layer.self_attn(q=queries, k=queries, v=queries)
        queries = layer.norm1(queries)
        seen = keys + position
        read = _read(layer.cross_attn_token_to_image, queries + tokens, seen, keys)
        queries = layer.norm2(queries + read)
        queries = layer.norm3(queries + layer.mlp(queries))
        written = _write(layer.cross_attn_image_to_token, seen, queries + tokens, queries)
        keys = layer.norm4(keys + written)
    last = transformer.final_attn_token_to_image
    queries = queries + _read(last, queries + tokens, keys + position, keys)
    return transformer.norm_final_attn(queries), keys


def _read(attention: Any, tokens: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Let tokens (n, t, c) attend to the cells (n, m, c): SAM's `Attention`."""
    n, t, c = tokens.shape
    heads = attention.num_heads
    queries = _by_head(attention.q_proj(tokens), heads)
    weights = torch.softmax(_similarities(queries, attention.k_proj, keys), dim=-1)
    summed = (weights.flatten(1, 2) @ values).view(n, heads, t, c)
    projected = summed @ attention.v_proj.weight.view(heads, -1, c).transpose(1, 2)
    together = projected.transpose(1, 2).reshape(n, t, -1) + attention.v_proj.bias
    attended: Tensor = attention.out_proj(together)
    return attended


def _write(attention: Any, cells: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Let cells (n, m, c) attend to the tokens (n, t, c): SAM's `Attention`."""
    heads, c = attention.num_heads, cells.shape[-1]
    similarities = _similarities(_by_head(attention.k_proj(keys), heads), attention.q_proj, cells)
    weights = torch.softmax(similarities, dim=2).flatten(1, 2)
    projection = attention.out_proj.weight.T.reshape(heads, -1, c)
    answers = (_by_head(attention.v_proj(values), heads) @ projection).flatten(1, 2)
    attended: Tensor = weights.transpose(1, 2) @ answers + attention.out_proj.bias
    return attended


def _similarities(tokens: Tensor, projection: nn.Linear, cells: Tensor) -> Tensor:
    """Compare tokens (n, heads, t, d) with projected cells (n, m, c): (n, heads, t, m)."""
    n, heads, t, d = tokens.shape
    tokens = tokens * d**-0.5
    probes = (tokens @ projection.weight.view(heads, d, -1)).flatten(1, 2)
    offset = tokens @ projection.bias.view(heads, d, 1)
    return (probes @ cells.transpose(1, 2)).view(n, heads, t, -1) + offset


def _by_head(tokens: Tensor, heads: int) -> Tensor:
    return tokens.view(tokens.shape[0], tokens.shape[1], heads, -1).transpose(1, 2)
