"""From a frame to the objects of a stream in it: masks, states, and what enters the memory."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from samtracker.backends.out_of_memory import within_memory
from samtracker.backends.runtime import EncodedFrame, Runtime
from samtracker.model.aggregation import soft_aggregate, soft_masks
from samtracker.model.confidence import calibrated, expected_iou
from samtracker.model.network import NOWHERE
from samtracker.tracking.life_cycle import Observation
from samtracker.tracking.track import Track
from samtracker.types import State, TrackedObject, mask_box


@within_memory()
@torch.inference_mode()
def segment_frame(
    runtime: Runtime,
    encoded: EncodedFrame,
    tracks: Mapping[int, Track],
    index: int,
    *,
    soft: bool,
) -> tuple[tuple[TrackedObject, ...], dict[int, Track]]:
    """Find all objects of a frame at once; a pixel goes to one of them at most.

    Args:
        runtime: Runtime of the network.
        encoded: The frame.
        tracks: Tracks by object id, as they were before the frame; they are not changed.
        index: Number of the frame in the stream.
        soft: Whether the memory takes probabilities instead of masks.

    Returns:
        The objects, and the tracks after the frame by object id: a good mask has entered their
        memory, and their states have gone on by a frame.

    Raises:
        OutOfMemoryError: The device has no memory left for it.
    """
    if not tracks:
        return (), {}
    decoded = runtime.decode(encoded, [track.memory.contents() for track in tracks.values()])
    logits = encoded.transform.restore(decoded.logits)
    masks = soft_aggregate(logits)
    scores = decoded.score.tolist()
    after = {number: track.copied() for number, track in tracks.items()}
    signals = zip(
        after.values(), masks.cpu().numpy(), scores, decoded.similarity.tolist(), strict=True
    )
    states = [
        track.life_cycle.step(Observation.of(mask, score, similarity))
        for track, mask, score, similarity in signals
    ]
    gone = torch.tensor([state is State.LOST for state in states], device=logits.device)
    if gone.any():  # what a lost object would have taken is the others'
        logits[gone] = NOWHERE
        masks = soft_aggregate(logits)
    claims = torch.where(gone[:, None, None], NOWHERE, decoded.logits)
    sure = calibrated(expected_iou(claims), runtime.network.config.calibration).tolist()
    if soft:
        grid_masks = soft_masks(decoded.logits, like=encoded.features.key)
    else:
        grid_masks = encoded.masks_to_grid(masks)
    objects = []
    rows = zip(after.items(), masks.cpu().numpy(), grid_masks, scores, sure, states, strict=True)
    for (number, track), mask, grid_mask, score, confidence, state in rows:
        box = mask_box(mask)
        if state is State.TRACKING and box is not None:
            track.memory.update(encoded.features, grid_mask, score, index)
        track.memory.lost = state in (State.LOST, State.REACQUIRED)
        objects.append(
            TrackedObject(
                id=number,
                mask=mask,
                box=box,
                score=0.0 if box is None else confidence,
                state=state,
                name=track.name,
            )
        )
    return tuple(objects), after
