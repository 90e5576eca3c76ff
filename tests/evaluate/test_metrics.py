"""J, F and what is reported of them, against the package vos-benchmark and by hand."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vos_benchmark.evaluator import Evaluator

from samtracker.evaluate.metrics import boundary_accuracy, decay, mean, recall, region_similarity
from samtracker.types import Mask


def by_vos_benchmark(prediction: Mask, truth: Mask) -> tuple[float, float]:
    evaluator = Evaluator()
    evaluator.feed_frame(prediction.astype(np.uint8), truth.astype(np.uint8))
    if 1 not in evaluator.object_iou:  # neither has the object
        return 1.0, 1.0
    return float(evaluator.object_iou[1][0]), float(evaluator.boundary_f[1][0])


def ours(prediction: Mask, truth: Mask) -> tuple[float, float]:
    return region_similarity(prediction, truth), boundary_accuracy(prediction, truth)


def shapes(size: tuple[int, int]) -> dict[str, Mask]:
    """Masks that are hard to get right: empty, full, at the border, thin, with holes."""
    height, width = size
    found = {name: np.zeros(size, np.bool_) for name in ("empty", "corner", "rim", "line", "dust")}
    found["full"] = np.ones(size, np.bool_)
    found["corner"][height - 3 :, width - 4 :] = True
    found["rim"][[0, -1]] = True
    found["rim"][:, [0, -1]] = True
    found["line"][height // 2, 3:] = True
    found["dust"][::7, ::5] = True
    ring = np.zeros(size, np.uint8)
    cv2.circle(ring, (width // 2, height // 2), min(size) // 3, (1,), 4)
    found["ring"] = ring.astype(np.bool_)
    found["checkers"] = np.indices(size).sum(axis=0) % 2 == 0
    return found


def adversarial() -> Iterator[tuple[Mask, Mask]]:
    for size in ((61, 83), (240, 427)):
        masks = list(shapes(size).values())
        yield from ((a, b) for a in masks for b in masks)


def random_pairs() -> Iterator[tuple[Mask, Mask]]:
    rng = np.random.default_rng(0)
    for _ in range(100):
        size = tuple(rng.integers(1, 120, 2))
        a = rng.random(size) < rng.choice([0.01, 0.3, 0.9])
        shifted = np.roll(a, rng.integers(-5, 6, 2), axis=(0, 1))
        yield a, shifted if rng.random() < 0.5 else rng.random(size) < 0.3


def test_adversarial_pairs_agree_with_vos_benchmark() -> None:
    pairs = list(adversarial())
    assert len(pairs) == 128
    for pair in pairs:
        assert ours(*pair) == pytest.approx(by_vos_benchmark(*pair), abs=1e-6)


def test_random_pairs_agree_with_vos_benchmark() -> None:
    for pair in random_pairs():
        assert ours(*pair) == pytest.approx(by_vos_benchmark(*pair), abs=1e-6)


@settings(max_examples=40, derandomize=True, deadline=None)
@given(seed=st.integers(0, 10_000), shift=st.tuples(st.integers(0, 9), st.integers(0, 9)))
def test_scores_do_not_depend_on_the_place(seed: int, shift: tuple[int, int]) -> None:
    rng = np.random.default_rng(seed)
    a, b = np.zeros((2, 50, 60), np.bool_)
    a[10:30, 10:30], b[10:30, 10:30] = rng.random((2, 20, 20)) < 0.5
    moved = [np.roll(mask, shift, axis=(0, 1)) for mask in (a, b)]
    assert ours(*moved) == ours(a, b)
    assert region_similarity(a, b) == region_similarity(b, a)
    assert boundary_accuracy(a, b) == pytest.approx(boundary_accuracy(b, a))


def test_a_square_moved_by_half_of_its_side() -> None:
    truth = np.zeros((100, 100), np.bool_)
    truth[20:60, 20:60] = True
    prediction = np.roll(truth, 20, axis=1)
    assert region_similarity(prediction, truth) == pytest.approx(800 / 2400)
    # A boundary is a ring of 41 x 41 pixels, 160 in all. The tolerance is 0.008 of 141.4, rounded
    # up to 2 pixels. Of the upper side 21 pixels lie on the other ring's and 2 more next to its
    # corner, of the inner upright side 2 next to it: 25, and as many below. The other way round it
    # is the same.
    assert boundary_accuracy(prediction, truth) == pytest.approx(50 / 160)


def test_one_empty_mask_scores_nothing_and_two_everything() -> None:
    empty, full = np.zeros((9, 9), np.bool_), np.ones((9, 9), np.bool_)
    full[0] = False
    assert ours(empty, empty) == (1.0, 1.0)
    assert ours(empty, full) == ours(full, empty) == (0.0, 0.0)


def test_mean_recall_and_decay_by_hand() -> None:
    values = [1.0, 0.8, 0.6, 0.5, 0.5, 0.4, 0.2, 0.0]
    assert mean(values) == pytest.approx(0.5)
    assert recall(values) == pytest.approx(3 / 8)  # 0.5 itself is not above 0.5
    # Eight frames: the bounds 1, 2.75, 4.5, 6.25, 8 round to 1, 3, 5, 6, 8.
    assert decay(values) == pytest.approx((1.0 + 0.8 + 0.6) / 3 - (0.4 + 0.2 + 0.0) / 3)
    assert decay([1.0, 0.2, 0.0]) == 0.6  # 1, 1.5, 2, 2.5, 3: halves are rounded up, as in DAVIS
    assert decay([0.7]) == 0.0
