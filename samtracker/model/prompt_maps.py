"""The prompt maps of the decoder: what speaks for an object in each cell of a frame.

Objects that share a frame and a template share the matching of the two, which is most of the work;
only their labels differ. The part of the template that is searched holds the windows of all of
them, so an object may find better matches in company than alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from samtracker.model.crop import Crop, bounds
from samtracker.model.encoders import STRIDE, Features
from samtracker.model.memory import RADIUS, Memory
from samtracker.model.propagation import propagate, propagate_windowed
from samtracker.model.sharing import by_references, groups
from samtracker.model.target import target_scores


class PromptMaps(NamedTuple):
    """What the decoder is told of an object, float32 (h, w) each, or of n objects, (n, h, w).

    Attributes:
        target_score: Of the target model, -2 to 2; 0 without one.
        reference_label: Propagated from the reference frames, 0 to 1.
        reference_similarity: Of the best match there, a cosine.
        last_label: Propagated from the last frame, 0 to 1.
        last_similarity: Of the best match there, a cosine.
        last_mask: Of the last frame, as it was there, 0 to 1.
    """

    target_score: Tensor
    reference_label: Tensor
    reference_similarity: Tensor
    last_label: Tensor
    last_similarity: Tensor
    last_mask: Tensor

    @classmethod
    def batch(cls, objects: Sequence[PromptMaps]) -> PromptMaps:
        """Stack the maps (h, w) of n objects to maps (n, h, w)."""
        return cls(*(torch.stack(maps) for maps in zip(*objects, strict=True)))


PROMPT_MAPS = len(PromptMaps._fields)
"""Maps per object, in the order in which the weights of the decoder expect them."""


def prompt_maps(
    features: Sequence[Features], memories: Sequence[Memory], crops: Sequence[Crop]
) -> list[PromptMaps]:
    """Compute the maps of each object in its crop, at the key's stride.

    Without reference frames the last frame stands in for them.

    Args:
        features: Of each object's frame, with a batch of 1; the same one for all in a stream.
        memories: Of each object.
        crops: Of each object, from `search`.
    """
    references = _from_references(features, memories, crops)
    recent = _from_last(features, memories, crops)
    scores = _scores(features, memories, crops)
    maps = []
    for row, (memory, crop) in enumerate(zip(memories, crops, strict=True)):
        mask = crop.cut(memory.last.mask, features[row].key_stride)
        reference = references.get(row, recent[row])
        score = scores[row] if row in scores else torch.zeros_like(mask)
        maps.append(PromptMaps(score, *reference, *recent[row], mask))
    return maps


Found = tuple[Tensor, Tensor]
"""Labels and best similarities."""


def _from_last(
    features: Sequence[Features], memories: Sequence[Memory], crops: Sequence[Crop]
) -> dict[int, Found]:
    found = {}
    for rows in groups(
        (id(view), id(memory.last.features))
        for view, memory in zip(features, memories, strict=True)
    ):
        view, template = features[rows[0]], memories[rows[0]].last.features
        stride, outer = view.key_stride, bounds([crops[row] for row in rows])
        masks = torch.stack([outer.cut(memories[row].last.mask, stride) for row in rows])
        wanted = torch.zeros(masks.shape[1:], dtype=torch.bool)
        for row in rows:
            crops[row].within(outer).cut(wanted, stride).fill_(True)
        labels, best = propagate_windowed(
            outer.cut(view.key[0], stride),
            outer.cut(template.key[0], stride),
            masks,
            RADIUS // stride,
            wanted,
        )
        for row, label in zip(rows, labels, strict=True):
            inner = crops[row].within(outer)
            found[row] = inner.cut(label, stride), inner.cut(best, stride)
    return found


def _from_references(
    features: Sequence[Features], memories: Sequence[Memory], crops: Sequence[Crop]
) -> dict[int, Found]:
    found = {}
    for rows in by_references(features, memories):
        view, outer = features[rows[0]], bounds([crops[row] for row in rows])
        masks = torch.stack([memories[row].labels() for row in rows])
        query, keys = outer.cut(view.coarse[0], STRIDE), memories[rows[0]].keys()
        labels, best = propagate(query, keys, masks)
        for row, label in zip(rows, labels, strict=True):
            inner, scale = crops[row].within(outer), STRIDE // view.key_stride
            both = torch.stack([inner.cut(label, STRIDE), inner.cut(best, STRIDE)])[None]
            fine = F.interpolate(both, scale_factor=scale, mode="bilinear") if scale > 1 else both
            found[row] = fine[0, 0], fine[0, 1]
    return found


def _scores(
    features: Sequence[Features], memories: Sequence[Memory], crops: Sequence[Crop]
) -> dict[int, Tensor]:
    found = {}
    for rows in groups(
        None if memory.target is None else id(view)
        for view, memory in zip(features, memories, strict=True)
    ):
        view, outer = features[rows[0]], bounds([crops[row] for row in rows])
        targets = (memories[row].target for row in rows)
        weights = torch.stack([target.weights for target in targets if target is not None])
        scores = target_scores(weights, outer.cut(view.key[0], view.key_stride))
        for row, score in zip(rows, scores, strict=True):
            found[row] = crops[row].within(outer).cut(score, view.key_stride)
    return found
