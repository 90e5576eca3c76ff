"""The runtime: NumPy in, and what the network makes of it."""

from __future__ import annotations

import numpy as np
import torch

from samtracker.backends.runtime import Runtime
from samtracker.config import ModelConfig
from samtracker.model.network import Network
from samtracker.model.prompt_batch import NONE, PromptBatch

SIDE = 64


def test_pointing_is_the_prompter_on_squares() -> None:
    runtime = Runtime(Network(ModelConfig(depth=32)), device="cpu", precision="float32")
    squares = np.random.default_rng(0).integers(0, 256, (2, SIDE, SIDE, 3)).astype(np.uint8)
    prompts = PromptBatch(
        boxes=torch.tensor([[4.0, 8.0, 40.0, 50.0], [float("nan")] * 4]),
        points=torch.full((2, 1, 2), 30.0),
        labels=torch.tensor([[NONE], [1]]),
        masks=torch.zeros(2, SIDE // 4, SIDE // 4),
    )
    found = runtime.point(squares, prompts)
    network = runtime.network
    with torch.no_grad():
        view = network.encode_pixels(torch.from_numpy(squares.transpose(0, 3, 1, 2).copy()))
        assert view.x8 is not None
        assert view.x4 is not None
        assert network.own_prompter is not None
        wanted = network.own_prompter(view.x16, view.x8, view.x4, prompts)
    torch.testing.assert_close(found.logits, wanted.logits, rtol=0, atol=1e-5)
    torch.testing.assert_close(found.scores, wanted.scores, rtol=0, atol=1e-5)
