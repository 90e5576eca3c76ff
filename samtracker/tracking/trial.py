"""Trying what was read of a stream: whether it fits together, and can go on."""

from __future__ import annotations

from dataclasses import replace

import torch

from samtracker.backends.runtime import Runtime
from samtracker.config import TrackerConfig
from samtracker.tracking.state import StreamState
from samtracker.types import FrameResult


@torch.inference_mode()
def check_state(state: StreamState, runtime: Runtime, config: TrackerConfig) -> None:
    """Check that a stream can go on: make a step and take back every change, on a copy.

    What fits together in a tracker is too much to be compared piece by piece.

    Args:
        state: What was read.
        runtime: Runtime of the network that it is of.
        config: Settings of the tracker that it is of.

    Raises:
        SamTrackerError: It does not fit; or any other error that torch and Python have for this.
    """
    frame, result = state.frame, state.result
    if frame is None or result is None:
        if state.objects.ids or frame is not None or result is not None:
            raise ValueError("half a stream")
        return
    size, former = frame.transform.frame, state.objects.former_results
    fits = (
        frame.image.shape == (*size, 3)
        and frame.transform == runtime.network.encoder.input_transform(size, config.size)
        and state.objects.ids == _ids(result)
        and all(one.size == size for one in (result, *former))
        and all(item.mask.shape == size for one in (result, *former) for item in one.objects)
    )
    if not fits:
        raise ValueError("a frame or masks of another size, or of other objects")
    trial, index = state.objects.copied(), result.index + 1
    now = replace(result, index=index, objects=trial.step(runtime, frame, index))
    for before in reversed(former):
        now = trial.undo(runtime, frame, now)
        if trial.ids != _ids(before):
            raise ValueError("a change of other objects")


def _ids(result: FrameResult) -> tuple[int, ...]:
    return tuple(item.id for item in result.objects)
