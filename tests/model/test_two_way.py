"""The two-way transformer against SAM's own."""

from __future__ import annotations

import pytest
import torch

from samtracker.model.sam import build_mask_decoder
from samtracker.model.two_way import two_way


@torch.no_grad()
@pytest.mark.parametrize("count", [1, 6, 19], ids=["one token", "as in tracking", "many clicks"])
def test_it_is_the_transformer_of_sam(count: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformer = build_mask_decoder().transformer.eval()
        image, position = torch.randn(3, 256, 4, 6), torch.randn(256, 4, 6)
        tokens = torch.randn(3, count, 256)
    wanted = transformer(image, position.expand(3, -1, -1, -1), tokens)
    cells = image.flatten(2).transpose(1, 2)
    found = two_way(transformer, cells, position.flatten(1).T, tokens)
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)
