"""Finding the objects of a frame leaves what was known before it alone."""

from __future__ import annotations

import numpy as np
import torch

from samtracker.backends.runtime import Runtime
from samtracker.config import TrackerConfig
from samtracker.model.network import Network
from samtracker.tracking.life_cycle import LifeCycle, Observation
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.tracking.segment import segment_frame
from samtracker.tracking.track import Track
from samtracker.types import State
from tests.helpers.scenes import RED, film, iou

FIRST, SECOND = film([RED], 2)


def test_tracks_are_as_they_were_before_a_frame(lite: Network) -> None:
    config = TrackerConfig(lost_after=1)
    runtime = Runtime(lite, device="cpu", precision="float32")
    first, second = (runtime.encode(shot.frame, 192) for shot in (FIRST, SECOND))
    with torch.inference_mode():
        memory = ObjectMemory(config, first.features, first.to_feature_grid(FIRST.mask()))
    given = LifeCycle(config, Observation.of(FIRST.mask(), 1.0, 1.0))
    track = Track(memory, given, "red")
    before = memory.contents()

    (found,), after = segment_frame(runtime, second, {3: track}, 1, soft=False)
    assert (found.id, found.state, found.name) == (3, State.TRACKING, "red")
    assert iou(found.mask, SECOND.mask()) > 0.8
    assert after[3].memory.contents().last.features is second.features
    assert memory.contents().last is before.last

    empty = runtime.encode(np.full_like(FIRST.frame, 120), 192)
    (unseen,), gone = segment_frame(runtime, empty, {3: track}, 1, soft=False)
    assert (unseen.state, unseen.box) == (State.LOST, None)
    assert (gone[3].life_cycle.state, gone[3].memory.lost) == (State.LOST, True)
    assert (track.life_cycle.state, memory.lost) == (State.TRACKING, False)
