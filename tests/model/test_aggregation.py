"""Which object a pixel goes to, against the formula of the paper."""

from __future__ import annotations

import pytest
import torch

from samtracker.model.aggregation import soft_aggregate


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_a_pixel_goes_to_the_largest_odds(count: int) -> None:
    logits = 3 * torch.randn(count, 40, 50, generator=torch.Generator().manual_seed(count)).double()
    logits[:, :10] = -0.3 - 0.1 * torch.rand(
        count, 10, 50, generator=torch.Generator().manual_seed(9)
    )
    shares = torch.sigmoid(logits)
    background = (1 - shares).prod(dim=0, keepdim=True)
    both = torch.cat([background, shares])
    odds = both / (1 - both)
    owner = odds.argmax(dim=0)
    wanted = torch.stack([owner == number for number in range(1, count + 1)])
    found = soft_aggregate(logits)
    assert torch.equal(found, wanted)
    assert found.sum(dim=0).max() == 1
    assert bool(found[:, :10].any()) == (count > 1)  # together they beat the background
