"""Where in a frame to look for each object."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.model.crop import Crop
from samtracker.model.encoders import Features
from samtracker.model.memory import Memory
from samtracker.model.propagation import propagate
from samtracker.model.sharing import by_references
from samtracker.model.target import target_scores


def search(features: Sequence[Features], memories: Sequence[Memory]) -> list[Crop]:
    """Choose the windows to look for objects in: around their last places, anywhere if lost.

    A lost object is looked for at stride 16 in the whole frame: where a box of its last size holds
    the most of what the references and the target model take for the object. Objects with the same
    references share the matching.

    Args:
        features: Of each object's frame, with a batch of 1.
        memories: Of each object.
    """
    crops = [memory.last.crop() for memory in memories]
    for rows in by_references(features, memories, lost_only=True):
        key = features[rows[0]].coarse[0]
        labels = torch.stack([memories[row].labels() for row in rows])
        votes, _ = propagate(key, memories[rows[0]].keys(), labels)
        for row, vote in zip(rows, votes, strict=True):
            crops[row] = _likeliest(key, vote, memories[row], crops[row])
    return crops


def _likeliest(key: Tensor, label: Tensor, memory: Memory, crop: Crop) -> Crop:
    """Return the window of this size at the likeliest place: key (c, h, w), label (h, w)."""
    likelihood = (2 * label - 1)[None]
    if memory.target is not None:
        likelihood = likelihood + target_scores(memory.target.weights[None], key)
    shares = memory.last.shares() > 0
    # An odd box has a center cell; beyond the frame is as bad as it gets, or a box that an object
    # does not fill would find nothing better than to hang over the edge.
    likelihood = likelihood - likelihood.amin()
    sides = [int(shares.any(axis).sum()) // 2 * 2 + 1 for axis in (1, 0)]
    inside = F.avg_pool2d(likelihood, sides, stride=1, padding=[side // 2 for side in sides])[0]
    row, column = divmod(int(inside.argmax()), inside.shape[1])
    return crop.centered(row, column, limits=(inside.shape[0], inside.shape[1]))
