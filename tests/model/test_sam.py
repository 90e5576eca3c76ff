"""SAM's encoders: a checkpoint of the official shape with random weights, against the original.

The encoder always works at 1024 x 1024, where a ViT-B takes ten seconds and more: frames go through
a small one. Larger encoders are built without memory, on torch's device `meta`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from samtracker.checkpoints.files import save_state
from samtracker.checkpoints.load import SAM_WIDTHS, load_network
from samtracker.config import ModelConfig, TrackerConfig
from samtracker.errors import ConfigError, WeightsError
from samtracker.model.network import Network
from samtracker.model.sam import SamEncoder, build_sam
from samtracker.model.torchvision import ensure_torchvision
from samtracker.tracker import Tracker
from samtracker.types import Frame, State, mask_box
from tests.helpers.scenes import BLUE, RED, film

ensure_torchvision()
from segment_anything import SamPredictor  # noqa: E402
from segment_anything.modeling import ImageEncoderViT  # noqa: E402

# 1024 pixels wide, so that nothing is resampled: the comparison is exact.
FIRST = np.tile(film([RED, BLUE], 1)[0].frame, (1, 7, 1))[:, :1024].copy()


@pytest.fixture(scope="module")
def original() -> Any:
    """`segment_anything`'s own ViT-B with random weights."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        sam = build_sam("vit_b").requires_grad_(False)
        # Zero in a fresh model, unlike in a trained one.
        sam.image_encoder.pos_embed.normal_(std=0.5)
    return sam


@pytest.fixture(scope="module")
def checkpoint(original: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file like the official ones, 375 MB."""
    path = tmp_path_factory.mktemp("sam") / "sam_vit_b.pth"
    torch.save(original.state_dict(), path)
    yield path
    path.unlink()


@pytest.fixture(scope="module")
def network(checkpoint: Path) -> Network:
    return load_network(checkpoint)


def test_a_checkpoint_makes_its_network(network: Network, original: Any) -> None:
    assert network.config == ModelConfig(encoder="vit_b")
    assert network.encoder.key_stride == 16
    assert network.encoder.skip_channels is None
    assert network.prompter is not None
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    ours = network.state_dict()
    for theirs, names in {
        "image_encoder": ["body.body"],
        "prompt_encoder": ["prompter.prompt_encoder"],
        "prompt_encoder.pe_layer": ["decoder.position"],
        # Training the tracker's decoder must not move the one that reads prompts.
        "mask_decoder": ["decoder.mask_decoder", "prompter.mask_decoder"],
    }.items():
        for name in names:
            for key, tensor in original.get_submodule(theirs).state_dict().items():
                assert torch.equal(ours[f"{name}.{key}"], tensor), key
    token = "mask_decoder.mask_tokens.weight"
    assert ours[f"decoder.{token}"].data_ptr() != ours[f"prompter.{token}"].data_ptr()
    torch.testing.assert_close(network.encoder.mean, original.pixel_mean.flatten())
    torch.testing.assert_close(network.encoder.std, original.pixel_std.flatten())


@pytest.fixture(scope="module")
def small_body() -> ImageEncoderViT:
    """A ViT whose size is nothing to what is tested."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        size = {"embed_dim": 32, "depth": 1, "num_heads": 2, "window_size": 14}
        return ImageEncoderViT(**size, use_rel_pos=True).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def small(network: Network, small_body: ImageEncoderViT) -> Network:
    """The network with the small ViT."""
    made = copy.copy(network)
    made._modules = {
        **network._modules,
        "body": SamEncoder(small_body, network.encoder.mean, network.encoder.std),
    }
    return made


def predicted(predictor: SamPredictor, **prompt: Any) -> NDArray[np.bool_]:
    """The mask with the best predicted IoU."""
    masks, scores, _ = predictor.predict(**prompt)
    best: NDArray[np.bool_] = masks[scores.argmax()]
    return best


def assert_alike(found: NDArray[np.bool_], wanted: NDArray[np.bool_]) -> None:
    """But for pixels whose logit is 0 within float32."""
    assert 0.05 < wanted.mean() < 0.95
    assert np.count_nonzero(found != wanted) <= 1e-4 * wanted.size


def test_a_box_and_clicks_are_read_as_by_the_original(
    small: Network, small_body: ImageEncoderViT, original: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(original, "image_encoder", small_body)
    predictor = SamPredictor(original)
    predictor.set_image(FIRST)
    tracker = Tracker(small, device="cpu", precision="float32")
    features = tracker.runtime.encode(FIRST, None).features
    torch.testing.assert_close(features.x16, predictor.features)

    box = 300, 10, 420, 70
    result = tracker.init(FIRST, box=box)
    assert result.size == (96, 1024)
    wanted = predicted(predictor, box=np.array(box), multimask_output=False)
    assert_alike(result[1].mask, wanted)
    assert result[1].box == mask_box(result[1].mask)

    result = tracker.add_object(FIRST, points=[(520.5, 40)])
    wanted = predicted(predictor, point_coords=np.array([[520.5, 40]]), point_labels=np.ones(1))
    assert_alike(result[2].mask, wanted)
    assert not (result[1].mask & result[2].mask).any()

    candidates = tracker.candidates(FIRST, points=[(520.5, 40)])
    click = {"point_coords": np.array([[520.5, 40]]), "point_labels": np.ones(1)}
    masks, scores, _ = predictor.predict(**click, multimask_output=True)
    assert [item.score for item in candidates] == pytest.approx(sorted(scores)[::-1], abs=1e-4)
    for item, number in zip(candidates, scores.argsort()[::-1], strict=True):
        assert_alike(item.mask, masks[number])

    result = tracker.correct(FIRST, 2, points=[(520, 40, 1), (80, 60, 0)])
    clicks = {"point_coords": np.array([[520, 40], [80, 60]]), "point_labels": np.array([1, 0])}
    wanted = predicted(predictor, **clicks, multimask_output=False)
    assert_alike(result[2].mask, wanted)


def test_half_precision_follows_a_mask(small: Network) -> None:
    tracker = Tracker(copy.deepcopy(small), device="cpu", precision="bfloat16")
    frame: Frame = film([RED], 1)[0].frame[:48, :64].copy()
    mask = np.zeros((48, 64), bool)
    mask[12:36, 16:44] = True
    other = np.zeros((48, 64), bool)
    other[30:46, 48:62] = True
    first = tracker.init(frame, mask={1: mask, 2: other})
    np.testing.assert_array_equal(first[1].mask, mask)
    # The same frame again: every cell finds itself.
    second = tracker.step(frame)
    assert second[1].state == State.TRACKING
    assert np.count_nonzero(second[1].mask & mask) > 0.8 * np.count_nonzero(second[1].mask | mask)
    assert not (second[1].mask & second[2].mask).any()
    assert second[2].box == mask_box(second[2].mask)


def test_the_size_is_sams_own(network: Network) -> None:
    with pytest.raises(ConfigError, match="size=480 does not fit a SAM encoder: leave it out"):
        network.encoder.input_transform((48, 64), 480)
    tracker = Tracker(network, TrackerConfig(size=480), device="cpu", precision="float32")
    with pytest.raises(ConfigError, match="size=480"):
        tracker.init(FIRST, box=(300, 10, 420, 70))
    assert network.encoder.input_transform((48, 64), 1024) == network.encoder.input_transform(
        (48, 64), None
    )


@pytest.mark.parametrize(("width", "name"), SAM_WIDTHS.items())
def test_encoders_are_known_by_their_width(width: int, name: str) -> None:
    with torch.device("meta"):
        sam = build_sam(name)
        assert sam.image_encoder.pos_embed.shape[-1] == width
        network = Network(ModelConfig(encoder=name))
        network.load_sam(sam.state_dict())


@pytest.mark.parametrize(("width", "name"), SAM_WIDTHS.items())
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_a_part_of_a_checkpoint_is_an_error_of_one_line(
    tmp_path: Path, width: int, name: str, suffix: str
) -> None:
    state = {"image_encoder.pos_embed": torch.zeros(1, 1, 1, width)}
    path = tmp_path / f"part{suffix}"
    if suffix == ".pth":
        torch.save(state, path)
    else:
        save_state(path, state, {})
    with (
        torch.device("meta"),
        pytest.raises(WeightsError, match=f"do not fit SAM's checkpoint for '{name}'") as caught,
    ):
        load_network(path)
    assert "\n" not in str(caught.value)
