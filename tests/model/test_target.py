"""The target model against its normal equations in NumPy, and what it tells apart."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from samtracker.model.target import (
    LIMIT,
    NEAR,
    RIDGE,
    WEIGHTS,
    TargetModel,
    fit_targets,
    target_scores,
)


def unit_features(*shape: int, seed: int) -> Tensor:
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=0)


def solution(key: Tensor, mask: Tensor) -> np.ndarray:
    """Minimum of sum w (x . b - y)^2 + ridge |b|^2, where a cell is twice there: as object with
    the share that is covered, y = 1, and as background with the rest, y = -1."""
    covered = mask.double().numpy()
    square = np.ones((2 * NEAR + 1, 2 * NEAR + 1), np.uint8)
    near = cv2.dilate((covered > 0).astype(np.uint8), square).astype(bool)
    classes = covered, (1 - covered) * near, (1 - covered) * ~near
    rows = np.concatenate([key.double().flatten(1).numpy(), np.ones((1, covered.size))]).T
    design = np.tile(rows, (3, 1))
    weights = np.concatenate(
        [w * c.ravel() / max(c.sum(), 1e-6) for w, c in zip(WEIGHTS, classes, strict=True)]
    )
    wanted = np.repeat([1.0, -1.0, -1.0], covered.size)
    normal = design.T @ (weights[:, None] * design)
    ridge = RIDGE * np.trace(normal) / len(normal) * np.eye(len(normal))
    return np.linalg.solve(normal + ridge, design.T @ (weights * wanted))


@settings(max_examples=25, derandomize=True, deadline=None)
@given(st.integers(8, 40), st.integers(8, 50), st.integers(0, 1000), st.data())
def test_fit_solves_the_normal_equations(
    height: int, width: int, seed: int, data: st.DataObject
) -> None:
    key = unit_features(12, height, width, seed=seed)
    top, left = data.draw(st.integers(0, height - 1)), data.draw(st.integers(0, width - 1))
    mask = torch.zeros(height, width)
    soft = torch.rand(7, 9, generator=torch.Generator().manual_seed(seed))
    mask[top : top + 7, left : left + 9] = soft[: height - top, : width - left]
    model = TargetModel.fit(key, mask)
    assert model.weights.dtype == torch.float32
    wanted = solution(key, mask)
    np.testing.assert_allclose(model.weights.numpy(), wanted, rtol=1e-3, atol=1e-3)
    rows = np.concatenate([key.flatten(1).numpy(), np.ones((1, height * width))])
    scores = (wanted @ rows).clip(-LIMIT, LIMIT).reshape(height, width)
    np.testing.assert_allclose(model.score(key).numpy(), scores, rtol=0, atol=3e-3)


def two_classes(seed: int) -> tuple[Tensor, Tensor]:
    """An object and a wall with features of their own, and noise; and where the object is."""
    mask = torch.zeros(30, 40)
    mask[10:18, 15:25] = 1
    noise = 0.3 * unit_features(16, 30, 40, seed=seed)
    classes = torch.eye(16)[:2, :, None, None]
    return F.normalize(classes[0] * mask + classes[1] * (1 - mask) + noise, dim=0), mask


def test_it_tells_two_classes_apart_in_another_frame() -> None:
    model = TargetModel.fit(*two_classes(seed=0))
    key, mask = two_classes(seed=1)
    score = model.score(key)
    assert torch.equal(score > 0, mask > 0)
    assert score[mask > 0].min() > 0.5
    assert score[mask == 0].max() < -0.5


def test_scores_are_clamped() -> None:
    key, mask = two_classes(seed=0)
    score = TargetModel.fit(key, mask).score(20 * key)
    assert score.max() == LIMIT
    assert score.min() == -LIMIT


@pytest.mark.parametrize("share", [1.0, 0.05, 1e-3])
def test_a_tiny_object_still_has_a_model(share: float) -> None:
    key, _ = two_classes(seed=0)
    mask = torch.zeros(30, 40)
    mask[12, 20] = share
    model = TargetModel.fit(key, mask)
    assert model.weights.isfinite().all()
    # However little is covered, the object weighs as much as everything else together.
    assert model.score(key)[12, 20] > model.score(key)[:8].max()


@pytest.mark.parametrize("value", [0.0, 1.0], ids=["nothing", "everything"])
def test_a_frame_of_one_class_has_a_finite_model(value: float) -> None:
    key, _ = two_classes(seed=0)
    score = TargetModel.fit(key, torch.full((30, 40), value)).score(key)
    assert score.isfinite().all()
    assert (score > 0).all() == (value == 1)


def test_many_scores_at_once() -> None:
    key, _ = two_classes(0)
    models = [TargetModel.fit(*two_classes(seed)) for seed in (3, 4, 5)]
    found = target_scores(torch.stack([model.weights for model in models]), key)
    wanted = torch.stack([model.score(key) for model in models])
    torch.testing.assert_close(found, wanted)


def test_many_fits_at_once() -> None:
    frames = [two_classes(seed) for seed in (3, 4, 5)]
    keys, masks = (torch.stack(parts) for parts in zip(*frames, strict=True))
    masks[1] = masks[1].roll(8, dims=0)
    masks[2] = 0
    found = fit_targets(keys, masks)
    wanted = [TargetModel.fit(key, mask).weights for key, mask in zip(keys, masks, strict=True)]
    torch.testing.assert_close(found, torch.stack(wanted), rtol=1e-4, atol=1e-4)


def test_without_a_solution_it_says_nothing() -> None:
    keys, masks = (
        torch.stack(parts) for parts in zip(*(two_classes(k) for k in (0, 1, 2)), strict=True)
    )
    wanted = fit_targets(keys, masks)
    keys[0] = torch.nan
    keys[1] = 0
    masks[1] = torch.nan
    found = fit_targets(keys, masks)
    assert torch.equal(found[:2], torch.zeros(2, 17))
    torch.testing.assert_close(found[2], wanted[2])
    assert (target_scores(found[:2], two_classes(0)[0]) == 0).all()
