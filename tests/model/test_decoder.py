"""The decoder is SAM's mask decoder plus labels and scores, row by row."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from samtracker.model.crop import whole
from samtracker.model.decoder import CERTAIN, TRUST, Decoder
from samtracker.model.encoders import CHANNELS, Features
from samtracker.model.matcher import Matcher
from samtracker.model.memory import Memory, ReferenceFrame, Template
from samtracker.model.prompt_maps import PROMPT_MAPS, PromptMaps, prompt_maps
from samtracker.model.sam import build_mask_decoder, build_position
from samtracker.model.target import TargetModel
from samtracker.model.torchvision import ensure_torchvision

ensure_torchvision()
from segment_anything.modeling import MaskDecoder, TwoWayTransformer  # noqa: E402

HEIGHT, WIDTH = 4, 6
SKIPS = 10, 7


def random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def sam_mask_decoder() -> Any:
    """With four mask tokens, as in the checkpoints."""
    transformer = TwoWayTransformer(depth=2, embedding_dim=CHANNELS, num_heads=8, mlp_dim=2048)
    return MaskDecoder(transformer_dim=CHANNELS, transformer=transformer)


def decoder(*, skips: tuple[int, int] | None = None) -> Decoder:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        mask_decoder = sam_mask_decoder() if skips is None else build_mask_decoder()
        return Decoder(mask_decoder, build_position(), skips).eval()


class Match(NamedTuple):
    """What the decoder gets beside the image."""

    dense: Tensor
    prompts: PromptMaps


def match(count: int, *, scale: int = 2, seed: int = 0) -> Match:
    score, *others = random(PROMPT_MAPS, count, scale * HEIGHT, scale * WIDTH, seed=seed)
    # The score is -2 to 2, the other maps are 0 to 1.
    prompts = PromptMaps(2 * score.tanh(), *(values.sigmoid() for values in others))
    return Match(random(count, CHANNELS, HEIGHT, WIDTH, seed=seed + 1), prompts)


def image(count: int) -> Tensor:
    return random(count, CHANNELS, HEIGHT, WIDTH, seed=5)


@torch.no_grad()
def test_alone_it_is_the_mask_decoder_of_sam() -> None:
    ours = decoder()
    ours.alpha.zero_()
    ours.beta.zero_()
    ours.gain.fill_(1.0)
    for parameter in ours.prompt_embedding[-1].parameters():
        parameter.zero_()
    images, given = image(3), match(3)
    decoded = ours(images, *given, None, None)
    for row in range(3):
        masks, iou = ours.mask_decoder.predict_masks(
            image_embeddings=images[row : row + 1],
            image_pe=ours.position((HEIGHT, WIDTH))[None],
            sparse_prompt_embeddings=ours.token.weight[None],
            dense_prompt_embeddings=given.dense[row : row + 1],
        )
        assert masks.shape == (1, 4, 4 * HEIGHT, 4 * WIDTH)
        torch.testing.assert_close(decoded.logits[row], masks[0, 0], rtol=0, atol=1e-5)
        # The score is the certainty of the mask, moved by SAM's prediction of its IoU.
        inside = masks[0, 0][masks[0, 0] > 0]
        certainty = inside.sigmoid().mean() if len(inside) else torch.tensor(0.0)
        score = torch.sigmoid(torch.logit(certainty, eps=1e-3) + iou[0, 0])
        torch.testing.assert_close(decoded.score[row], score, rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("scale", [1, 2], ids=["keys of stride 16", "keys of stride 8"])
def test_without_gain_it_is_labels_and_scores(scale: int) -> None:
    ours = decoder()
    ours.alpha.fill_(0.75)
    ours.beta.fill_(1.5)
    ours.gain.zero_()
    given = match(2, scale=scale)
    maps = given.prompts
    for labels in (maps.reference_label, maps.last_label):
        labels[0, 0, 0] = 0
        labels[0, 1, 1] = 1
    similarities = torch.stack([maps.reference_similarity, maps.last_similarity])
    trust = torch.softmax(similarities / TRUST, dim=0)
    label = trust[0] * maps.reference_label + trust[1] * maps.last_label
    label = label.clamp(CERTAIN, 1 - CERTAIN)
    start = 0.75 * torch.log(label / (1 - label)) + 1.5 * maps.target_score
    wanted = F.interpolate(start[:, None], (4 * HEIGHT, 4 * WIDTH), mode="bilinear")[:, 0]
    decoded = ours(image(2), *given, None, None)
    assert decoded.logits.dtype == decoded.score.dtype == torch.float32
    torch.testing.assert_close(decoded.logits, wanted, rtol=0, atol=1e-5)


@torch.no_grad()
def test_a_fresh_decoder_says_what_first_and_last_frame_agree_on() -> None:
    given = match(1)
    for values in given.prompts:
        values.zero_()
    given.prompts.target_score.fill_(-1)
    for values in (
        given.prompts.target_score,
        given.prompts.reference_label,
        given.prompts.last_label,
    ):
        values[0, 2:6, 2:6] = 1
    x8, x4 = random(1, SKIPS[0], 8, 12, seed=1), random(1, SKIPS[1], 16, 24, seed=2)
    decoded = decoder(skips=SKIPS)(image(1), *given, x8, x4)
    wanted = torch.zeros(16, 24, dtype=torch.bool)
    wanted[4:12, 4:12] = True
    wrong = (decoded.logits[0] > 0) != wanted
    # Only corners are rounded.
    assert wrong.sum() <= 4
    assert 0.5 < float(decoded.score) < 1


@torch.no_grad()
@pytest.mark.parametrize("skips", [None, SKIPS], ids=["sam", "skips"])
def test_rows_do_not_see_each_other(skips: tuple[int, int] | None) -> None:
    ours = decoder(skips=skips)
    images, given = image(3), match(3)
    x8 = x4 = None
    if skips is not None:
        x8 = random(3, skips[0], 2 * HEIGHT, 2 * WIDTH, seed=1)
        x4 = random(3, skips[1], 4 * HEIGHT, 4 * WIDTH, seed=2)
    together = ours(images, *given, x8, x4)
    assert together.logits.shape == (3, 4 * HEIGHT, 4 * WIDTH)
    assert together.score.shape == (3,)
    assert ((together.score > 0) & (together.score < 1)).all()
    for row in range(3):
        one = slice(row, row + 1)
        alone = ours(
            images[one],
            given.dense[one],
            PromptMaps(*(values[one] for values in given.prompts)),
            None if x8 is None else x8[one],
            None if x4 is None else x4[one],
        )
        torch.testing.assert_close(together.logits[one], alone.logits, rtol=0, atol=1e-5)
        torch.testing.assert_close(together.score[one], alone.score, rtol=0, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("skips", [None, SKIPS], ids=["sam", "skips"])
def test_folding_the_gain_changes_nothing(skips: tuple[int, int] | None) -> None:
    ours = decoder(skips=skips)
    ours.gain.fill_(0.3)
    images, given = image(2), match(2)
    x8 = x4 = None
    if skips is not None:
        x8 = random(2, skips[0], 2 * HEIGHT, 2 * WIDTH, seed=1)
        x4 = random(2, skips[1], 4 * HEIGHT, 4 * WIDTH, seed=2)
    before = ours(images, *given, x8, x4)
    ours.fold_gain()
    assert float(ours.gain) == 1.0
    torch.testing.assert_close(ours(images, *given, x8, x4).logits, before.logits)


@torch.no_grad()
def test_skips_matter() -> None:
    ours = decoder(skips=SKIPS)
    x8, x4 = random(1, SKIPS[0], 8, 12, seed=1), random(1, SKIPS[1], 16, 24, seed=2)
    logits = ours(image(1), *match(1), x8, x4).logits
    assert not torch.allclose(ours(image(1), *match(1), x8 + 1, x4).logits, logits)
    assert not torch.allclose(ours(image(1), *match(1), x8, x4 + 1).logits, logits)


def gradients(modules: nn.ModuleDict, features: Features) -> set[str]:
    """Names of the trainable parameters that the loss of one object does not move."""
    matcher, ours = modules["matcher"], modules["decoder"]
    before = Features(
        x16=random(1, CHANNELS, HEIGHT, WIDTH, seed=1),
        key=F.normalize(random(*features.key.shape, seed=2), dim=1),
    )
    last = Template(before, random(*features.key.shape[2:], seed=3).sigmoid())
    memory = Memory(
        last=last,
        references=(ReferenceFrame.of(last),),
        target=TargetModel.fit(before.key[0], last.mask),
    )
    (maps,) = prompt_maps([features], [memory], [whole(HEIGHT, WIDTH)])
    dense = matcher(features.x16, before.x16, last.shares()[None])
    decoded = ours(features.x16, dense, PromptMaps.batch([maps]), features.x8, features.x4)
    (decoded.logits.square().mean() + decoded.score.sum()).backward()
    return {
        name
        for name, parameter in modules.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().sum() > 1e-8
    }


def modules(*, skips: tuple[int, int] | None) -> nn.ModuleDict:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.ModuleDict({"matcher": Matcher(), "decoder": decoder(skips=skips)})


def features(*, skips: tuple[int, int] | None) -> Features:
    x16 = image(1)
    if skips is None:
        return Features(x16=x16, key=F.normalize(x16, dim=1))
    return Features(
        x16=x16,
        key=F.normalize(random(1, 12, 2 * HEIGHT, 2 * WIDTH, seed=4), dim=1),
        x8=random(1, skips[0], 2 * HEIGHT, 2 * WIDTH, seed=6),
        x4=random(1, skips[1], 4 * HEIGHT, 4 * WIDTH, seed=7),
    )


def key_biases(modules: nn.ModuleDict) -> set[str]:
    """A softmax over keys does not change when all keys move: no gradient in exact arithmetic."""
    return {name for name, _ in modules.named_parameters() if name.endswith("k_proj.bias")}


def test_gradients_reach_all_of_the_network_with_skips() -> None:
    parts = modules(skips=SKIPS)
    assert gradients(parts, features(skips=SKIPS)) <= key_biases(parts)


def test_gradients_reach_all_of_sam_but_its_other_masks() -> None:
    parts = modules(skips=None)
    others = {
        name
        for name, _ in parts.named_parameters()
        if name.startswith(
            tuple(
                f"decoder.mask_decoder.output_hypernetworks_mlps.{number}" for number in (1, 2, 3)
            )
        )
    }
    assert len(others) == 18
    unmoved = gradients(parts, features(skips=None))
    assert others <= unmoved <= others | key_biases(parts)
