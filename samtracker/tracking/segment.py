"""From a frame to the objects of a stream in it: masks, states, and what enters the memory."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from samtracker.model.aggregation import soft_aggregate
from samtracker.model.network import NOWHERE
from samtracker.model.runtime import EncodedFrame, Runtime, soft_masks
from samtracker.tracking.life_cycle import Observation
from samtracker.tracking.track import Track
from samtracker.types import State, TrackedObject, mask_box


@torch.inference_mode()
def segment(
    runtime: Runtime,
    encoded: EncodedFrame,
    subjects: Mapping[int, Track],
    index: int,
    *,
    soft: bool,
) -> tuple[TrackedObject, ...]:
    """Find all objects at once; a pixel goes to one of them at most.

    Args:
        runtime: of the network.
        encoded: the frame.
        subjects: by object id; a good mask enters their memory, and their states go on by a frame.
        index: of the frame in the stream.
        soft: whether the memory takes probabilities instead of masks.
    """
    if not subjects:
        return ()
    decoded = runtime.decode(encoded, [item.track.memory for item in subjects.values()])
    logits = encoded.transform.restore(decoded.logits)
    masks = soft_aggregate(logits)
    scores = decoded.score.tolist()
    signals = zip(
        subjects.values(), masks.cpu().numpy(), scores, decoded.similarity.tolist(), strict=True
    )
    states = [
        subject.life.step(Observation.of(mask, score, similarity))
        for subject, mask, score, similarity in signals
    ]
    gone = torch.tensor([state is State.LOST for state in states], device=logits.device)
    if gone.any():  # what a lost object would have taken is the others'
        logits[gone] = NOWHERE
        masks = soft_aggregate(logits)
    like = encoded.features.key
    cells = soft_masks(decoded.logits, like=like) if soft else encoded.masks_to_grid(masks)
    objects = []
    rows = zip(subjects.items(), masks.cpu().numpy(), cells, scores, states, strict=True)
    for (number, subject), mask, cell, score, state in rows:
        box = mask_box(mask)
        if state is State.TRACKING and box is not None:
            subject.track.update(encoded.features, cell, score, index)
        subject.track.lost = state in (State.LOST, State.REACQUIRED)
        sure = score if box is not None else 0.0
        objects.append(
            TrackedObject(id=number, mask=mask, box=box, score=sure, state=state, name=subject.name)
        )
    return tuple(objects)
