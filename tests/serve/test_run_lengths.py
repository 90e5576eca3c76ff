"""Run lengths: every mask comes back."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from samtracker.serve.run_lengths import RunLengths
from samtracker.types import Mask
from tests.helpers.page_server import decoded

MASKS = arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)))


@given(MASKS)
def test_every_mask_comes_back(mask: Mask) -> None:
    runs = RunLengths.of(mask)
    assert (runs.decode() == mask).all()
    assert (decoded(runs.to_json(), (mask.shape[0], mask.shape[1])) == mask).all()


@given(MASKS, st.randoms(use_true_random=False))
def test_pixels_are_taken_away(mask: Mask, random: np.random.Generator) -> None:
    taken = np.array([random.random() < 0.5 for _ in range(mask.size)]).reshape(mask.shape)
    assert (RunLengths.of(mask).less(taken).decode() == (mask & ~taken)).all()
