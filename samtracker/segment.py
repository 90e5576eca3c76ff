"""From a frame to the objects of a stream in it: masks, states, and what enters the memory."""

from __future__ import annotations

from collections.abc import Mapping

import torch

from samtracker.config import TrackerConfig
from samtracker.life_cycle import Evidence, LifeCycle
from samtracker.model.aggregation import share_out
from samtracker.model.network import NOWHERE
from samtracker.model.runtime import EncodedFrame, Runtime, soft_cells
from samtracker.track import Track
from samtracker.types import State, TrackedObject, mask_box


@torch.inference_mode()
def segment(
    runtime: Runtime,
    encoded: EncodedFrame,
    tracks: Mapping[int, Track],
    lives: Mapping[int, LifeCycle],
    config: TrackerConfig,
    index: int,
) -> tuple[TrackedObject, ...]:
    """Find all objects at once; a pixel goes to one of them at most.

    Args:
        runtime: of the network.
        encoded: the frame.
        tracks: by object id; a good mask enters their memory.
        lives: likewise; they go on by a frame.
        config: of the tracker.
        index: of the frame in the stream.
    """
    if not tracks:
        return ()
    decoded = runtime.segment(encoded, [track.memory for track in tracks.values()])
    logits = encoded.geometry.restore(decoded.logits)
    masks = share_out(logits)
    scores = decoded.score.tolist()
    signals = zip(tracks, masks.cpu().numpy(), scores, decoded.similarity.tolist(), strict=True)
    states = [
        lives[number].step(Evidence.of(mask, score, similarity))
        for number, mask, score, similarity in signals
    ]
    gone = torch.tensor([state is State.LOST for state in states], device=logits.device)
    if gone.any():  # what a lost object would have taken is the others'
        logits[gone] = NOWHERE
        masks = share_out(logits)
    if config.feedback == "soft":
        cells = soft_cells(decoded.logits, like=encoded.features.key)
    else:
        cells = encoded.cells(masks)
    objects = []
    rows = zip(tracks.values(), masks.cpu().numpy(), cells, scores, states, strict=True)
    for track, mask, cell, score, state in rows:
        box = mask_box(mask)
        if state is State.TRACKING and box is not None:
            track.update(encoded.features, cell, score, index)
        track.lost = state in (State.LOST, State.REACQUIRED)
        sure = score if box is not None else 0.0
        objects.append(TrackedObject(id=track.id, mask=mask, box=box, score=sure, state=state))
    return tuple(objects)
