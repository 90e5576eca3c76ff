"""The lite network: from file to network and back, and many objects in one call."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors import safe_open

from samtracker.checkpoints.files import save_state
from samtracker.checkpoints.load import load_network, save_network
from samtracker.config import ModelConfig
from samtracker.errors import WeightsError
from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.memory import Memory, Template
from samtracker.model.network import NOWHERE, Network
from samtracker.model.search import search


def model_input(seed: int, height: int = 96, width: int = 160) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(1, 3, height // 8, width // 8, generator=generator)
    return F.interpolate(coarse, (height, width), mode="bicubic")


def memory(features: Features, rows: slice, columns: slice) -> Memory:
    mask = torch.zeros(features.key.shape[-2:])
    mask[rows, columns] = 1
    return Memory(last=Template(features, mask))


@torch.no_grad()
def outputs(network: Network) -> Decoded:
    first, now = network.encode(model_input(0)), network.encode(model_input(1))
    return network.decode_objects([now], [memory(first, slice(4, 8), slice(6, 12))])


@torch.no_grad()
def test_features_keep_the_contract(lite: Network) -> None:
    features = lite.encode(model_input(0))
    assert features.x8 is not None
    assert features.x4 is not None
    assert lite.encoder.skip_channels is not None
    c8, c4 = lite.encoder.skip_channels
    assert features.x16.shape == (1, 256, 6, 10)
    assert features.x8.shape == (1, c8, 12, 20)
    assert features.x4.shape == (1, c4, 24, 40)
    assert features.key.shape[2:] == (12, 20)
    assert lite.encoder.key_stride == 8
    torch.testing.assert_close(features.key.norm(dim=1), torch.ones(1, 12, 20))


@torch.no_grad()
def test_a_batch_is_each_alone(lite: Network) -> None:
    both = lite.encode(torch.cat([model_input(0), model_input(1)]))
    for row in range(2):
        alone = lite.encode(model_input(row))
        torch.testing.assert_close(both.x16[row], alone.x16[0], rtol=0, atol=1e-4)
        torch.testing.assert_close(both.key[row], alone.key[0], rtol=0, atol=1e-5)


@torch.no_grad()
def test_objects_with_windows_of_any_size_are_each_alone(lite: Network) -> None:
    # 50 cells of stride 16, so that windows are smaller than the map.
    now = lite.encode(model_input(1, 160, 800))
    known = [
        memory(lite.encode(model_input(0, 160, 800)), slice(*rows), slice(*columns))
        for rows, columns in (((4, 8), (10, 14)), ((2, 9), (60, 84)), ((8, 12), (80, 84)))
    ]
    lost = Memory(last=known[0].last, lost=True)
    crops = search([now] * (len(known) + 1), [*known, lost])
    assert [crop.size for crop in crops] == [(10, 16), (10, 28), (10, 16), (10, 16)]
    together = lite.decode_objects([now] * 4, [*known, lost])
    assert together.logits.shape == (4, 40, 200)
    assert together.logits.dtype == together.score.dtype == torch.float32
    for row, item in enumerate((*known, lost)):
        alone = lite.decode_objects([now], [item])
        torch.testing.assert_close(together.logits[row], alone.logits[0], rtol=0, atol=1e-4)
        torch.testing.assert_close(together.score[row], alone.score[0], rtol=0, atol=1e-4)
        outside = torch.ones(40, 200, dtype=torch.bool)
        crops[row].paste(torch.tensor(False), outside, stride=4)
        assert (together.logits[row][outside] == NOWHERE).all()
        assert (together.logits[row][~outside] != NOWHERE).all()


@torch.no_grad()
def test_objects_may_be_in_frames_of_their_own(lite: Network) -> None:
    views = [lite.encode(model_input(seed)) for seed in (0, 1)]
    known = memory(lite.encode(model_input(2)), slice(4, 8), slice(6, 12))
    together = lite.decode_objects(views, [known, known])
    for row, view in enumerate(views):
        alone = lite.decode_objects([view], [known])
        torch.testing.assert_close(together.logits[row], alone.logits[0], rtol=0, atol=1e-4)


@torch.no_grad()
def test_of_the_template_only_the_surroundings_of_the_object_count(lite: Network) -> None:
    now, before = (lite.encode(model_input(seed, 160, 800)) for seed in (1, 0))
    known = memory(before, slice(4, 8), slice(10, 14))
    crop = known.last.crop()
    assert crop.size == (10, 16)
    elsewhere = torch.zeros_like(before.x16)
    crop.paste(crop.cut(before.x16, 16), elsewhere, 16)
    changed = memory(replace(before, x16=elsewhere), slice(4, 8), slice(10, 14))
    wanted, found = (lite.decode_objects([now], [item]).logits for item in (known, changed))
    assert torch.equal(found, wanted)
    elsewhere.zero_()
    assert not torch.equal(lite.decode_objects([now], [changed]).logits, wanted)


def test_the_shipped_network_is_ready_for_use(lite: Network) -> None:
    assert lite.config == ModelConfig(encoder="lite")
    assert lite.prompter is None
    assert not lite.training
    assert not any(parameter.requires_grad for parameter in lite.parameters())
    assert {parameter.dtype for parameter in lite.parameters()} == {torch.float32}


def test_a_saved_network_is_half_as_precise_and_comes_back(tmp_path: Path) -> None:
    network = Network(ModelConfig(encoder="lite")).eval()
    path = tmp_path / "mine.safetensors"
    save_network(path, network, {"note": "for a test"})
    with safe_open(path, "pt") as file:
        assert file.metadata() == {
            "format": "samtracker-1",
            "config": '{"calibration": [0.0, 1.0], "depth": 16, "encoder": "lite"}',
            "note": "for a test",
        }
        kinds = {file.get_tensor(name).dtype for name in file.keys()}  # noqa: SIM118
    assert kinds == {torch.float16, torch.int64}
    loaded = load_network(path)
    state = loaded.state_dict()
    for name, tensor in network.state_dict().items():
        rounded = tensor.half().float() if tensor.is_floating_point() else tensor
        assert torch.equal(state[name], rounded), name
    again = tmp_path / "again.safetensors"
    save_network(again, loaded, {"note": "for a test"})
    assert again.read_bytes() == path.read_bytes()
    first, second = outputs(loaded), outputs(load_network(again))
    assert torch.equal(first.logits, second.logits)
    assert torch.equal(first.score, second.score)
    # A few cells find other matches; most are not moved by the rounding to 11 bits.
    assert (first.logits - outputs(network).logits).abs().median() < 0.01


def test_a_fresh_network_is_always_the_same() -> None:
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    first = Network(ModelConfig())
    assert torch.equal(torch.random.get_rng_state(), before)
    torch.manual_seed(2)
    second = Network(ModelConfig())
    for name, tensor in first.state_dict().items():
        assert torch.equal(second.state_dict()[name], tensor), name


def test_weights_of_another_shape_are_an_error_of_one_line(lite: Network, tmp_path: Path) -> None:
    state = dict(copy.deepcopy(lite).state_dict())
    state["decoder.token.weight"] = torch.zeros(1, 128)
    del state["matcher.mask_value.bias"]
    path = tmp_path / "odd.safetensors"
    save_state(path, state, {"config": lite.config.to_json()})
    with pytest.raises(WeightsError, match="a samtracker network with encoder 'lite'") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)
    assert "matcher.mask_value.bias" in str(caught.value)


@pytest.mark.parametrize("config", ["{", '{"encoder": "huge"}'])
def test_a_damaged_configuration_is_an_error(tmp_path: Path, config: str) -> None:
    path = tmp_path / "odd.safetensors"
    save_state(path, {"a": torch.zeros(1)}, {"config": config})
    with pytest.raises(WeightsError, match=r"odd\.safetensors") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"weight": torch.zeros(3, 3)},
        {"image_encoder.pos_embed": torch.zeros(1, 64, 64, 100)},
        {"image_encoder.pos_embed": torch.tensor(1.0)},
    ],
)
def test_weights_of_neither_kind_are_an_error(
    tmp_path: Path, state: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "odd.pth"
    torch.save(state, path)
    with pytest.raises(WeightsError, match="neither samtracker's nor an official SAM") as caught:
        load_network(path)
    assert "\n" not in str(caught.value)


def test_lite_does_not_start_from_sam(lite: Network) -> None:
    with pytest.raises(WeightsError, match="encoder='lite' does not start from a SAM checkpoint"):
        lite.load_sam({})


def test_the_encoder_sees_colors_from_minus_one_to_one(lite: Network) -> None:
    transform = lite.encoder.input_transform((64, 64), 64)
    image = np.zeros((64, 64, 3), np.uint8)
    image[:, :32] = 255
    prepared = transform.prepare(image, lite.encoder.mean, lite.encoder.std)
    assert torch.unique(prepared).tolist() == [-1, 1]


def test_sizes_of_the_lite_model_input(lite: Network) -> None:
    assert lite.encoder.input_transform((720, 1280), None).model_input == (480, 848)
    assert lite.encoder.input_transform((720, 1280), 240).model_input == (240, 432)
