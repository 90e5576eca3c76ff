"""Label propagation against a plain dense implementation."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from samtracker.model.propagation import (
    TEMPERATURE,
    TOP_K,
    propagate,
    propagate_each,
    propagate_windowed,
)


def unit_features(*shape: int, seed: int) -> Tensor:
    return F.normalize(torch.randn(*shape, generator=torch.Generator().manual_seed(seed)), dim=0)


def shares(*shape: int, seed: int) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def dense(query: Tensor, keys: Tensor, labels: Tensor, allowed: Tensor) -> tuple[Tensor, Tensor]:
    """All query cells (c, n) against all key cells (c, m) that are allowed (n, m)."""
    similarity = (query.T @ keys).masked_fill(~allowed, -torch.inf)
    values, places = torch.topk(similarity, TOP_K, dim=1)
    weights = torch.softmax(values / TEMPERATURE, dim=1)
    return (weights * labels[places]).sum(1), values[:, 0]


def within(height: int, width: int, radius: int) -> Tensor:
    """Which pairs of cells are at most `radius` rows and columns apart, (n, n)."""
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    return torch.stack(
        [(axis[:, None] - axis).abs() <= radius for axis in (rows.flatten(), columns.flatten())]
    ).all(0)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(4, 41), st.integers(4, 41), st.integers(1, 50), st.integers(0, 1000))
def test_windowed_is_dense_propagation(height: int, width: int, radius: int, seed: int) -> None:
    query = unit_features(6, height, width, seed=seed)
    keys = unit_features(6, height, width, seed=seed + 1)
    labels = shares(2, height, width, seed=seed)
    found, best = propagate_windowed(query, keys, labels, radius)
    assert found.dtype == best.dtype == torch.float32
    for row in range(2):
        wanted, wanted_best = dense(
            query.flatten(1), keys.flatten(1), labels[row].flatten(), within(height, width, radius)
        )
        torch.testing.assert_close(found[row], wanted.view(height, width), rtol=0, atol=1e-5)
    torch.testing.assert_close(best, wanted_best.view(height, width), rtol=0, atol=1e-5)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(st.integers(1, 41), st.integers(1, 41), st.integers(TOP_K, 700), st.integers(0, 1000))
def test_unwindowed_is_dense_propagation(height: int, width: int, count: int, seed: int) -> None:
    query = unit_features(6, height, width, seed=seed)
    keys = unit_features(6, count, seed=seed + 1)
    labels = shares(2, count, seed=seed)
    found, best = propagate(query, keys.T, labels)
    assert found.dtype == best.dtype == torch.float32
    everywhere = torch.ones(height * width, count, dtype=torch.bool)
    for row in range(2):
        wanted, wanted_best = dense(query.flatten(1), keys, labels[row], everywhere)
        torch.testing.assert_close(found[row], wanted.view(height, width), rtol=0, atol=1e-5)
    torch.testing.assert_close(best, wanted_best.view(height, width), rtol=0, atol=1e-5)


@settings(max_examples=20, derandomize=True, deadline=None)
@given(st.integers(4, 20), st.integers(4, 20), st.integers(1, 25), st.integers(0, 1000))
def test_many_frames_at_once_are_each_alone(
    height: int, width: int, radius: int, seed: int
) -> None:
    queries, keys = (
        torch.stack([unit_features(6, height, width, seed=3 * seed + row) for row in rows])
        for rows in ((0, 1), (2, 3))
    )
    labels = shares(2, height, width, seed=seed)
    near, near_best = propagate_each(queries, keys, labels, radius)
    far, far_best = propagate_each(queries, keys, labels, None)
    assert near.dtype == near_best.dtype == far.dtype == far_best.dtype == torch.float32
    for row in range(2):
        one = queries[row], keys[row], labels[row : row + 1]
        (wanted,), best = propagate_windowed(*one, radius)
        torch.testing.assert_close(near[row], wanted, rtol=0, atol=1e-5)
        torch.testing.assert_close(near_best[row], best, rtol=0, atol=1e-5)
        (wanted,), best = propagate(one[0], one[1].flatten(1).T, one[2].flatten(1))
        torch.testing.assert_close(far[row], wanted, rtol=0, atol=1e-5)
        torch.testing.assert_close(far_best[row], best, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shift", [(0, 0), (3, -2), (-4, 4), (1, 0)])
def test_a_label_moves_with_the_image(shift: tuple[int, int]) -> None:
    height, width = 19, 23
    # No two cells look alike.
    keys = torch.eye(height * width).view(-1, height, width)
    labels = torch.zeros(height, width)
    labels[7:12, 8:15] = 1
    query, wanted = (torch.roll(maps, shift, (-2, -1)) for maps in (keys, labels))
    everywhere = propagate(query, keys.flatten(1).T, labels.flatten()[None])
    for (found,), best in (propagate_windowed(query, keys, labels[None], radius=4), everywhere):
        torch.testing.assert_close(found[5:-5, 5:-5], wanted[5:-5, 5:-5], rtol=0, atol=1e-4)
        torch.testing.assert_close(best[5:-5, 5:-5], torch.ones(height - 10, width - 10))


def test_a_label_beyond_the_radius_stays() -> None:
    keys = torch.eye(15 * 17).view(-1, 15, 17)
    labels = torch.zeros(15, 17)
    labels[7, 4:6] = 1
    far = torch.roll(keys, 5, -1)
    (found,), best = propagate_windowed(far, keys, labels[None], radius=4)
    assert best[:, 5:].max() < 1e-6
    (found,), best = propagate_windowed(far, keys, labels[None], radius=5)
    torch.testing.assert_close(found[7, 9:11], torch.ones(2), rtol=0, atol=1e-4)


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float16])
def test_half_precision_features_give_float32_labels(precision: torch.dtype) -> None:
    query, keys = (unit_features(16, 20, 18, seed=seed).to(precision) for seed in (1, 2))
    labels = shares(1, 20, 18, seed=0)
    exact, exact_best = propagate_windowed(query.float(), keys.float(), labels, radius=5)
    found, best = propagate_windowed(query, keys, labels, radius=5)
    assert found.dtype == best.dtype == torch.float32
    torch.testing.assert_close(best, exact_best, rtol=0, atol=0.01)
    # bfloat16 rounds similarities near 1 by up to 0.004, over the temperature that is 6%.
    assert (found - exact).abs().mean() < 0.06
    found, best = propagate(query, keys.flatten(1).T, labels.flatten(1))
    assert found.dtype == best.dtype == torch.float32


def test_blocks_that_nobody_wants_are_skipped() -> None:
    query, keys = (unit_features(6, 40, 50, seed=seed) for seed in (1, 2))
    labels = shares(3, 40, 50, seed=0)
    everything, best = propagate_windowed(query, keys, labels, radius=5)
    wanted = torch.zeros(40, 50, dtype=torch.bool)
    wanted[20:23, 30:33] = True
    found, found_best = propagate_windowed(query, keys, labels, radius=5, wanted=wanted)
    for part, all_of_it in ((found, everything), (found_best, best)):
        assert torch.equal(part[..., 20:23, 30:33], all_of_it[..., 20:23, 30:33])
        assert not part[..., :20, :].any()
