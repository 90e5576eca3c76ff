"""Rollouts against the tracker's own steps."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.config import ModelConfig, TrackerConfig, TrainConfig
from samtracker.model.aggregation import soft_aggregate, soft_masks
from samtracker.model.network import Network
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.train.rollout import Rollout
from tests.helpers.scenes import BLUE, RED, film

SIDE = 128
CONFIG = TrainConfig(size=SIDE, pictures=0, precision="float32")


def clips(length: int = 4) -> tuple[Tensor, Tensor]:
    """Two clips of two balls: frames (2, T, 3, S, S) and ids (2, T, S, S); one runs backwards."""
    shots = film([BLUE, RED], length)
    frames = torch.stack([torch.from_numpy(shot.frame.copy()) for shot in shots])
    frames = F.interpolate(frames.permute(0, 3, 1, 2).float(), (SIDE, SIDE)).byte()
    ids = torch.stack([torch.from_numpy(shot.ids.copy()) for shot in shots])
    ids = F.interpolate(ids[:, None].float(), (SIDE, SIDE))[:, 0].byte()
    return torch.stack([frames, frames.flip(0)]), torch.stack([ids, ids.flip(0)])


@torch.no_grad()
def tracked(
    network: Network, frames: Tensor, first: Tensor, memory: str, feedback: str
) -> tuple[Tensor, Tensor]:
    """What the tracker makes of the objects of one clip: logits and scores (n, T - 1)."""
    views = [network.encode_pixels(frame[None]) for frame in frames]
    stride = views[0].key_stride
    config = TrackerConfig(memory=memory)
    memories = [
        ObjectMemory(config, views[0], F.avg_pool2d(mask[None].float(), stride)[0])
        for mask in first
    ]
    logits, scores = [], []
    for number, view in enumerate(views[1:], 1):
        found = network.decode_objects([view] * len(memories), [m.contents() for m in memories])
        full = F.interpolate(found.logits[:, None], (SIDE, SIDE), mode="bilinear")[:, 0]
        masks = soft_aggregate(full)
        cells = F.avg_pool2d(masks[:, None].float(), stride)[:, 0]
        if feedback == "soft":
            cells = soft_masks(found.logits, like=view.key)
        for row, known in enumerate(memories):
            if masks[row].any():
                known.update(view, cells[row], 0.0, number)
        logits.append(full)
        scores.append(found.score)
    return torch.stack(logits, dim=1), torch.stack(scores, dim=1)


@pytest.mark.parametrize(
    ("depth", "memory", "feedback"),
    [(16, "anchored", "hard"), (16, "rolling", "soft"), (32, "anchored", "soft")],
)
@torch.no_grad()
def test_a_rollout_is_what_the_tracker_does(depth: int, memory: str, feedback: str) -> None:
    network = Network(ModelConfig(depth=depth)).eval()
    rollout = Rollout(network, replace(CONFIG, memory=memory, feedback=feedback)).eval()
    frames, ids = clips()
    # The objects of a clip need not follow each other.
    rows = [(0, 1), (1, 1), (0, 2), (1, 2)]
    first = torch.stack([ids[clip, 0] == number for clip, number in rows])
    logits, scores = rollout.track(frames, first, [clip for clip, _ in rows])
    assert (logits > 0).flatten(2).any(2)[:, :2].all()  # they are followed, not only lost
    for clip in range(2):
        mine = [row for row, (other, _) in enumerate(rows) if other == clip]
        wanted, certain = tracked(network, frames[clip], first[mine], memory, feedback)
        torch.testing.assert_close(logits[mine], wanted, rtol=0, atol=5e-3)
        torch.testing.assert_close(scores[mine], certain, rtol=0, atol=5e-3)


def test_the_main_object_is_tracked_even_where_it_is_not_seen() -> None:
    rollout = Rollout(Network(ModelConfig()), CONFIG)
    frames, ids = clips(2)
    losses = rollout(frames[:1], torch.zeros_like(ids[:1]))
    assert losses.total.isfinite()
    assert set(losses.parts) == {"cross_entropy", "dice", "iou_error", "iou"}


def test_every_object_of_a_clip_counts() -> None:
    rollout = Rollout(Network(ModelConfig()).eval(), CONFIG).eval()
    frames, ids = clips(2)
    with torch.no_grad():
        together = rollout(frames[:1], ids[:1]).parts["iou"]
        first = torch.stack([ids[0, 0] == number for number in (1, 2)])
        logits, _ = rollout.track(frames[:1], first, [0, 0])
    each = []
    for row, number in enumerate((1, 2)):
        found, truth = logits[row, 0] > 0, ids[0, 1] == number
        each.append(float((found & truth).sum() / (found | truth).sum()))
    assert float(together) == pytest.approx(sum(each) / 2, abs=1e-5)
    assert min(each) > 0.3
