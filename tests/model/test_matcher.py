"""Attention, written out by hand."""

from __future__ import annotations

import pytest
import torch

from samtracker.model.encoders import CHANNELS
from samtracker.model.matcher import Matcher
from tests.helpers.embeddings import HEIGHT, WIDTH, features, random, template


@pytest.fixture
def matcher() -> Matcher:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Matcher().eval()


@torch.no_grad()
def test_attention_is_softmax_of_queries_and_keys(matcher: Matcher) -> None:
    view, known = features(1), template(2)
    found = matcher(view.x16, known.features.x16, known.shares()[None])[0]

    image, keys = view.x16[0].flatten(1).T, known.features.x16[0].flatten(1).T
    covered = known.mask.view(HEIGHT, 2, WIDTH, 2).mean((1, 3)).flatten()
    convolution, offset = matcher.mask_value.weight[:, :, 0, 0], matcher.mask_value.bias
    assert offset is not None
    values = keys + torch.stack([covered, 1 - covered], dim=1) @ convolution.T + offset

    attention = matcher.attention
    projections = zip(
        attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3), strict=True
    )
    (wq, bq), (wk, bk), (wv, bv) = projections
    heads = []
    depth = CHANNELS // attention.num_heads
    for head in range(attention.num_heads):
        part = slice(head * depth, (head + 1) * depth)
        q, k, v = (
            (tokens @ w.T + b)[:, part]
            for tokens, w, b in ((image, wq, bq), (keys, wk, bk), (values, wv, bv))
        )
        heads.append(torch.softmax(q @ k.T / depth**0.5, dim=1) @ v)
    wanted = attention.out_proj(torch.cat(heads, dim=1)).T.reshape(CHANNELS, HEIGHT, WIDTH)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


@torch.no_grad()
def test_objects_do_not_see_each_other(matcher: Matcher) -> None:
    image, keys = (random(2, CHANNELS, HEIGHT, WIDTH, seed=seed) for seed in (8, 9))
    masks = random(2, HEIGHT, WIDTH, seed=7).sigmoid()
    together = matcher(image, keys, masks)
    assert together.shape == image.shape
    for row in range(2):
        one = slice(row, row + 1)
        alone = matcher(image[one], keys[one], masks[one])
        torch.testing.assert_close(together[row], alone[0], rtol=0, atol=1e-5)
