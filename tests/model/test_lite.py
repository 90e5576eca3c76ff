"""The lite encoder with and without its stages of stride 32."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import ModelConfig
from samtracker.errors import ConfigError
from samtracker.model.lite import LiteEncoder
from samtracker.model.network import Network

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
    assert shallow.own_prompter is None
    assert deep.own_prompter is not None
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
