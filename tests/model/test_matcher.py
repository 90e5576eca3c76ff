"""Attention, written out by hand."""

from __future__ import annotations

import pytest
import torch

from samtracker.model.crop import Crop
from samtracker.model.encoders import CHANNELS, Features
from samtracker.model.matcher import Matcher
from samtracker.model.memory import Template
from tests.helpers.embeddings import HEIGHT, WIDTH, features, flat, random, template


@pytest.fixture
def matcher() -> Matcher:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Matcher().eval()


@torch.no_grad()
def test_attention_is_softmax_of_queries_and_keys(matcher: Matcher) -> None:
    view, known = features(1), template(2)
    found = matcher(view.x16, [known])[0]

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
    image, templates = random(2, CHANNELS, HEIGHT, WIDTH, seed=9), [template(1), template(2)]
    together = matcher(image, templates)
    assert together.shape == image.shape
    for row in range(2):
        alone = matcher(image[row : row + 1], templates[row : row + 1])
        torch.testing.assert_close(together[row], alone[0], rtol=0, atol=1e-5)


@torch.no_grad()
def test_only_the_surroundings_of_the_template_count(matcher: Matcher) -> None:
    x16 = random(1, CHANNELS, 50, 60, seed=1)
    mask = torch.zeros(100, 120)
    mask[40:44, 50:56] = 1
    window = Crop(13, 18, (16, 16))
    image = random(1, CHANNELS, 16, 16, seed=2)
    given = Template(Features(x16=x16, key=torch.zeros(1, 4, 100, 120)), mask)
    assert given.crop() == window
    wanted = matcher(image, [given])
    elsewhere = random(1, CHANNELS, 50, 60, seed=3)
    window.paste(window.cut(x16, 16), elsewhere, 16)
    changed = Template(Features(x16=elsewhere, key=flat(torch.zeros(4, 100, 120)).key), mask)
    assert torch.equal(matcher(image, [changed]), wanted)
