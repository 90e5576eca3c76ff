"""The prompter: every kind of prompt counts, and its candidates stand beside a single mask."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import ModelConfig
from samtracker.model.network import CANDIDATES, Network
from samtracker.model.prompt_batch import NONE, PromptBatch
from samtracker.model.prompter import Candidates, Prompter

SIDE = 96


@pytest.fixture(scope="module")
def deep() -> Network:
    return Network(ModelConfig(depth=32)).eval().requires_grad_(False)


def features(network: Network, count: int = 1) -> tuple[Tensor, Tensor, Tensor]:
    coarse = torch.randn(count, 3, SIDE // 8, SIDE // 8, generator=torch.Generator().manual_seed(0))
    pixels = 60 * F.interpolate(coarse, (SIDE, SIDE), mode="bicubic") + 127
    found = network.encode_pixels(pixels.clamp(0, 255).byte())
    assert found.x8 is not None
    assert found.x4 is not None
    return found.x16, found.x8, found.x4


def prompts(count: int) -> PromptBatch:
    """A click in the middle of each."""
    labels = torch.full((count, 3), NONE)
    labels[:, 0] = 1
    return PromptBatch(
        boxes=torch.full((count, 4), torch.nan),
        points=torch.full((count, 3, 2), SIDE / 2),
        labels=labels,
        masks=torch.zeros(count, SIDE // 4, SIDE // 4),
    )


def prompter(network: Network) -> Prompter:
    assert network.own_prompter is not None
    return network.own_prompter


@torch.no_grad()
def test_candidates_of_a_click(deep: Network) -> None:
    x16, x8, x4 = features(deep, 2)
    found = prompter(deep)(x16, x8, x4, prompts(2))
    assert found.logits.shape == (2, 1 + CANDIDATES, SIDE // 4, SIDE // 4)
    assert found.scores.shape == (2, 1 + CANDIDATES)
    assert ((found.scores > 0) & (found.scores < 1)).all()
    # The single mask is the first one, and no square sees another.
    single = prompter(deep)(x16[1:], x8[1:], x4[1:], prompts(1), single=True)
    assert single.logits.shape == (1, 1, SIDE // 4, SIDE // 4)
    torch.testing.assert_close(single.logits[0, 0], found.logits[1, 0], rtol=0, atol=1e-5)
    torch.testing.assert_close(single.scores[0, 0], found.scores[1, 0], rtol=0, atol=1e-5)


def test_of_two_likely_candidates_the_whole_thing_comes_first() -> None:
    logits = torch.full((2, 3, 8, 8), -1.0)
    logits[0, 1, :2, :2] = 1  # 4 cells
    logits[0, 2, :4, :4] = 1  # 16
    logits[1, 1, :4, :2] = 1  # 8, in a square of twice the side as many as 32
    scores = torch.tensor([[0.99, 0.85, 0.80], [0.99, 0.79, 0.10]])
    found = Candidates(logits=logits, scores=scores)
    by_score = [(0, 1), (0, 2), (1, 1)]
    assert found.order(ambiguous=True)[:3] == by_score
    # 0.05 ln 4 is more than 0.85 - 0.80, and 0.05 ln 2 more than 0.80 - 0.79.
    assert found.order(ambiguous=True, sides=(100, 200))[:3] == [(1, 1), (0, 2), (0, 1)]
    assert found.order(ambiguous=False, sides=(100, 200))[0] == (0, 0)


@torch.no_grad()
def test_every_kind_of_prompt_matters(deep: Network) -> None:
    x16, x8, x4 = features(deep)
    click = prompts(1)
    others = [
        click,
        replace(click, points=click.points - 20),
        replace(click, labels=torch.where(click.labels == 1, 0, NONE)),
        replace(click, boxes=torch.tensor([[10.0, 20.0, 60.0, 70.0]])),
        replace(click, masks=torch.full_like(click.masks, 0.9)),
    ]
    found = [prompter(deep)(x16, x8, x4, each).logits for each in others]
    for number, logits in enumerate(found):
        for other in found[:number]:
            assert (logits - other).abs().max() > 1e-3
    # Places that hold no click do not count, wherever they are.
    moved = torch.where((click.labels == NONE)[..., None], 5.0, click.points)
    same = prompter(deep)(x16, x8, x4, replace(click, points=moved)).logits
    torch.testing.assert_close(same, found[0], rtol=0, atol=1e-6)


@torch.no_grad()
def test_the_prompter_has_the_feed_forward_layers_of_the_decoder(deep: Network) -> None:
    own = [name for name in deep.state_dict() if name.startswith("prompter.mask_decoder.")]
    assert own
    assert not [name for name in own if ".mlp." in name]
    twin = copy.deepcopy(deep)
    for network in (deep, twin):
        layers = prompter(network).mask_decoder.transformer.layers
        for own, other in zip(layers, network.decoder.mask_decoder.transformer.layers, strict=True):
            assert own.mlp is other.mlp
    one, other = (prompter(network).mask_decoder.transformer for network in (deep, twin))
    assert one.layers[0].mlp is not other.layers[0].mlp
