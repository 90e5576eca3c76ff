"""Where in a frame to look for an object."""

from __future__ import annotations

import torch.nn.functional as F

from samtracker.model.crop import Crop
from samtracker.model.encoders import Features
from samtracker.model.memory import Memory
from samtracker.model.propagation import propagate
from samtracker.model.target import target_scores


def search(features: Features, memory: Memory) -> Crop:
    """The window to look for an object in: around its last place, or anywhere if it is lost.

    A lost object is looked for at stride 16 in the whole frame: where a box of its last size holds
    the most of what the anchors and the target model take for the object.

    Args:
        features: of the frame, with a batch of 1.
        memory: of the object.
    """
    crop = memory.last.crop()
    if not memory.lost:
        return crop
    key = features.coarse[0]
    label, _ = propagate(key, memory.keys(), memory.labels()[None])
    evidence = 2 * label - 1
    if memory.target is not None:
        evidence = evidence + target_scores(memory.target.weights[None], key)
    shares = memory.last.shares() > 0
    # An odd box has a centre cell; beyond the frame there is no evidence either way.
    sides = [int(shares.any(axis).sum()) // 2 * 2 + 1 for axis in (1, 0)]
    inside = F.avg_pool2d(evidence, sides, stride=1, padding=[side // 2 for side in sides])[0]
    row, column = divmod(int(inside.argmax()), inside.shape[1])
    return crop.centred(row, column, limits=(inside.shape[0], inside.shape[1]))
