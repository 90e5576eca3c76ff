"""Attention written out by hand, and the six prompt maps on cells that cannot be confused."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.model.crop import Crop, whole
from samtracker.model.encoders import CHANNELS, Features
from samtracker.model.matcher import RADIUS, Anchor, Matcher, Memory, Template
from samtracker.model.target import LIMIT, TargetModel

HEIGHT, WIDTH = 5, 7
"""Of the map of stride 16; the keys have stride 8."""

FINE = 2 * HEIGHT, 2 * WIDTH


@pytest.fixture
def matcher() -> Matcher:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Matcher().eval()


def random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def features(seed: int) -> Features:
    key = F.normalize(random(1, 12, *FINE, seed=seed), dim=1)
    return Features(x16=random(1, CHANNELS, HEIGHT, WIDTH, seed=seed), key=key)


def template(seed: int) -> Template:
    view = features(seed)
    return Template(view.x16[0], view.key[0], random(*FINE, seed=seed).sigmoid())


def memory(seed: int) -> Memory:
    """With two anchors and a target model."""
    first, last = template(seed + 1), template(seed + 2)
    return Memory(
        last=last,
        anchors=(Anchor.of(first), Anchor.of(template(seed + 3))),
        target=TargetModel.fit(first.key, first.mask),
    )


@torch.no_grad()
def test_attention_is_softmax_of_queries_and_keys(matcher: Matcher) -> None:
    view, known, crop = features(1), memory(2), Crop(1, 2, (3, 4))
    found = matcher([view], [known], [crop]).dense[0]

    window = (slice(None), slice(1, 4), slice(2, 6))
    image, keys = view.x16[0][window].flatten(1).T, known.last.x16[window].flatten(1).T
    covered = known.last.mask.view(HEIGHT, 2, WIDTH, 2).mean((1, 3))[window[1:]].flatten()
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
    wanted = attention.out_proj(torch.cat(heads, dim=1)).T.reshape(CHANNELS, 3, 4)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-5)


@torch.no_grad()
def test_prompt_maps_in_their_order(matcher: Matcher) -> None:
    count = FINE[0] * FINE[1]
    now = torch.eye(count).view(-1, *FINE)
    # The scene has moved right by two fine cells since the last frame, and down by two rows
    # since the first one.
    last_mask, first_mask = torch.zeros(2, *FINE)
    last_mask[4:6, 4:8] = 1
    first_mask[2:4, 6:10] = 1
    x16 = torch.zeros(CHANNELS, HEIGHT, WIDTH)
    last = Template(x16, torch.roll(now, -2, dims=-1), last_mask)
    first = Template(x16, torch.roll(now, -2, dims=-2), first_mask)
    weights = torch.zeros(count + 1)
    weights[:3] = torch.tensor([0.5, 1.5, 9.0])
    weights[-1] = -0.25
    known = Memory(last=last, anchors=(Anchor.of(first),), target=TargetModel(weights))
    view = Features(x16=x16[None], key=now[None])
    prompts = matcher([view], [known], [whole(HEIGHT, WIDTH)]).prompts
    assert prompts.dtype == torch.float32
    assert prompts.shape == (1, 6, *FINE)
    score, from_first, first_best, from_last, last_best, mask = prompts[0]

    assert score[0, :4].tolist() == [0.25, 1.25, LIMIT, -0.25]
    assert (score.flatten()[3:] == -0.25).all()
    moved = torch.zeros(FINE)
    moved[4:6, 6:10] = 1
    torch.testing.assert_close(from_last[:, 2:], moved[:, 2:], rtol=0, atol=1e-3)
    torch.testing.assert_close(last_best[:, 2:], torch.ones(FINE)[:, 2:])
    # Anchors are matched at stride 16: 2 x 4 fine cells are 1 x 2 coarse ones, seen through a
    # bilinear interpolation.
    coarse = torch.zeros(1, 1, HEIGHT, WIDTH)
    coarse[0, 0, 2, 3:5] = 1
    wanted = F.interpolate(coarse, FINE, mode="bilinear")[0, 0]
    torch.testing.assert_close(from_first[3:], wanted[3:], rtol=0, atol=1e-3)
    torch.testing.assert_close(first_best[3:], torch.ones(FINE)[3:])
    assert torch.equal(mask, last_mask)


@torch.no_grad()
def test_the_search_is_windowed_for_the_last_frame_only(matcher: Matcher) -> None:
    # Keys of stride 16, so that anchors are as fine as the last frame.
    height, width = 3, 30
    now = torch.eye(height * width).view(-1, height, width)
    reach = RADIUS // 16
    x16 = torch.zeros(CHANNELS, height, width)
    mask = torch.zeros(height, width)
    mask[1, 3] = 1
    moved = Template(x16, torch.roll(now, -reach - 1, dims=-1), mask)
    known = Memory(last=moved, anchors=(Anchor.of(moved),))
    view = Features(x16=x16[None], key=now[None])
    prompts = matcher([view], [known], [whole(height, width)]).prompts[0]
    _, from_first, first_best, _, last_best, _ = prompts
    assert int(from_first.argmax()) == width + 3 + reach + 1
    assert first_best.min() > 0.99
    assert last_best[:, reach + 1 :].max() < 0.01


@torch.no_grad()
def test_without_anchors_the_last_frame_stands_in(matcher: Matcher) -> None:
    known = Memory(last=template(1))
    score, first, first_best, last, last_best, _ = matcher(
        [features(2)], [known], [whole(HEIGHT, WIDTH)]
    ).prompts[0]
    assert not score.any()
    assert torch.equal(first, last)
    assert torch.equal(first_best, last_best)


@torch.no_grad()
def test_objects_do_not_see_each_other(matcher: Matcher) -> None:
    views = [features(1), features(10)]
    known = [memory(2), replace(memory(11), anchors=(), target=None)]
    crops = [Crop(0, 1, (4, 5)), Crop(1, 2, (4, 5))]
    together = matcher(views, known, crops)
    assert together.dense.shape == (2, CHANNELS, 4, 5)
    assert together.prompts.shape == (2, 6, 8, 10)
    for row in range(2):
        alone = matcher(views[row : row + 1], known[row : row + 1], crops[row : row + 1])
        torch.testing.assert_close(together.dense[row], alone.dense[0], rtol=0, atol=1e-5)
        torch.testing.assert_close(together.prompts[row], alone.prompts[0], rtol=0, atol=1e-5)


def test_anchors_are_coarse_and_unit_norm() -> None:
    known = template(1)
    anchor = Anchor.of(known)
    assert anchor.key.shape == (HEIGHT * WIDTH, 12)
    torch.testing.assert_close(anchor.key.norm(dim=1), torch.ones(HEIGHT * WIDTH))
    corner = known.key[:, 2:4, 4:6].mean((1, 2))
    torch.testing.assert_close(anchor.key[WIDTH + 2], corner / corner.norm())
    torch.testing.assert_close(anchor.labels[WIDTH + 2], known.mask[2:4, 4:6].mean())


def test_a_lost_object_is_looked_for_everywhere() -> None:
    mask = torch.zeros(100, 120)
    mask[10:14, 20:26] = 1
    last = Template(torch.zeros(CHANNELS, 50, 60), torch.zeros(4, 100, 120), mask)
    assert Memory(last=last).crop() == last.crop() == Crop(0, 4, (16, 16))
    assert Memory(last=last, lost=True).crop() == whole(50, 60)
