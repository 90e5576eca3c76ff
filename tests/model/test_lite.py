"""The lite encoder with and without its stages of stride 32, and the pointed decoder."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import ModelConfig
from samtracker.errors import ConfigError
from samtracker.model.encoders import Features
from samtracker.model.lite import LiteEncoder
from samtracker.model.network import CANDIDATES, Network
from samtracker.model.prompt_batch import NONE, PromptBatch

SIDE = 96


def pixels(count: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.randn(count, 3, SIDE // 8, SIDE // 8, generator=generator)
    return (60 * F.interpolate(coarse, (SIDE, SIDE), mode="bicubic") + 127).clamp(0, 255).byte()


@pytest.fixture(scope="module")
def deep() -> Network:
    """With random weights; the last stages have something to say."""
    network = Network(ModelConfig(depth=32)).eval()
    lite = network.body
    assert isinstance(lite, LiteEncoder)
    with torch.no_grad():
        torch.nn.init.normal_(
            lite.lateral.weight, generator=torch.Generator().manual_seed(0), std=0.05
        )
    return network.requires_grad_(False)


def features(network: Network, count: int = 1) -> tuple[Features, Tensor, Tensor]:
    found = network.encode_pixels(pixels(count))
    assert found.x8 is not None
    assert found.x4 is not None
    return found, found.x8, found.x4


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


def test_old_configurations_have_no_depth() -> None:
    assert ModelConfig.from_json('{"encoder": "lite"}') == ModelConfig(encoder="lite", depth=16)
    deep = ModelConfig(depth=32)
    assert ModelConfig.from_json(deep.to_json()) == deep
    for encoder, depth in (("lite", 8), ("vit_b", 32)):
        with pytest.raises(ConfigError, match=f"depth={depth} does not fit {encoder}"):
            ModelConfig(encoder=encoder, depth=depth)


def test_a_calibration_is_kept_with_the_weights() -> None:
    config = ModelConfig(calibration=(-1.5, 1.25))
    assert ModelConfig.from_json(config.to_json()) == config
    assert ModelConfig.from_json('{"encoder": "lite"}').calibration == (0.0, 1.0)
    for wrong in ("[1]", "[0, 0]", "[0, -1]", "[null, 1]", "3"):
        with pytest.raises(ConfigError, match=r"calibration=.* does not fit: give two numbers"):
            ModelConfig.from_json(f'{{"calibration": {wrong}}}')


@torch.no_grad()
def test_a_lateral_of_zeros_changes_nothing() -> None:
    shallow, deep = Network(ModelConfig()).eval(), Network(ModelConfig(depth=32)).eval()
    assert (shallow.promptable, deep.promptable) == (False, True)
    missing, unexpected = deep.body.load_state_dict(shallow.body.state_dict(), strict=False)
    assert unexpected == []
    assert {name.split(".")[0] for name in missing} == {"deep", "lateral"}
    one, other = (network.encode_pixels(pixels(1)) for network in (shallow, deep))
    for name in ("x16", "key", "x8", "x4"):
        assert torch.equal(getattr(one, name), getattr(other, name)), name


@torch.no_grad()
def test_what_stride_32_sees_is_added_to_the_embedding_alone(deep: Network) -> None:
    lite = deep.body
    assert isinstance(lite, LiteEncoder)
    assert lite.deep is not None
    plain = LiteEncoder(16).eval()
    plain.load_state_dict(lite.state_dict(), strict=False)
    # An odd number of cells of stride 16, as some sizes have.
    model_input = torch.randn(1, 3, 80, 112, generator=torch.Generator().manual_seed(0))
    with_it, without = lite(model_input), plain(model_input)
    assert torch.equal(with_it.key, without.key)
    x16 = lite.body(model_input)[2]
    things = lite.deep(x16)
    assert things.shape == (1, 320, 3, 4)
    wanted = without.x16 + F.interpolate(lite.lateral(things), (5, 7), mode="bilinear")
    torch.testing.assert_close(with_it.x16, wanted)
    assert not torch.allclose(with_it.x16, without.x16, atol=1e-3)


@torch.no_grad()
def test_candidates_of_a_click(deep: Network) -> None:
    view, x8, x4 = features(deep, 2)
    found = deep.decoder.point(view.x16, x8, x4, prompts(2))
    assert found.logits.shape == (2, 1 + CANDIDATES, SIDE // 4, SIDE // 4)
    assert found.scores.shape == (2, 1 + CANDIDATES)
    assert ((found.scores > 0) & (found.scores < 1)).all()
    # The single mask is the first one, and no square sees another.
    single = deep.decoder.point(view.x16[1:], x8[1:], x4[1:], prompts(1), single=True)
    assert single.logits.shape == (1, 1, SIDE // 4, SIDE // 4)
    torch.testing.assert_close(single.logits[0, 0], found.logits[1, 0], rtol=0, atol=1e-5)
    torch.testing.assert_close(single.scores[0, 0], found.scores[1, 0], rtol=0, atol=1e-5)


@torch.no_grad()
def test_every_kind_of_prompt_matters(deep: Network) -> None:
    view, x8, x4 = features(deep)
    click = prompts(1)
    others = [
        click,
        replace(click, points=click.points - 20),
        replace(click, labels=torch.where(click.labels == 1, 0, NONE)),
        replace(click, boxes=torch.tensor([[10.0, 20.0, 60.0, 70.0]])),
        replace(click, masks=torch.full_like(click.masks, 0.9)),
    ]
    found = [deep.decoder.point(view.x16, x8, x4, each).logits for each in others]
    for number, logits in enumerate(found):
        for other in found[:number]:
            assert (logits - other).abs().max() > 1e-3
    # Places that hold no click do not count, wherever they are.
    moved = torch.where((click.labels == NONE)[..., None], 5.0, click.points)
    same = deep.decoder.point(view.x16, x8, x4, replace(click, points=moved)).logits
    torch.testing.assert_close(same, found[0], rtol=0, atol=1e-6)
