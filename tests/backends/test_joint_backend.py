"""What several threads ask of one network is computed together, and found as if alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch
from torch import Tensor

from samtracker.backends.backend import JoiningBackend
from samtracker.backends.joint_backend import JointBackend
from samtracker.checkpoints.load import load_network
from samtracker.config import TrackerConfig
from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.object_crops import ObjectCrops
from samtracker.tracker import Tracker
from samtracker.types import FrameResult
from tests.helpers.scenes import BLUE, RED, film
from tests.helpers.threads import at_once

FILMS = film([RED], 5), film([BLUE], 5)[::-1]

pytestmark = pytest.mark.usefixtures("kept_graphs")


class Noting:
    """Notes how many batches were computed at once, before they are."""

    name = "openvino"

    def __init__(self, backend: JoiningBackend) -> None:
        self.backend = backend
        self.noted: list[tuple[str, int]] = []
        self.on_first: Callable[[], object] = lambda: None

    def encode(self, model_input: Tensor) -> Features:
        return self.encode_all([model_input])[0]

    def decode(self, crops: ObjectCrops) -> Decoded:
        return self.decode_all([crops])[0]

    def encode_all(self, model_inputs: Sequence[Tensor]) -> list[Features]:
        self._note("frames", len(model_inputs))
        return self.backend.encode_all(model_inputs)

    def decode_all(self, crops: Sequence[ObjectCrops]) -> list[Decoded]:
        self._note("objects", len(crops))
        return self.backend.decode_all(crops)

    def _note(self, what: str, count: int) -> None:
        self.noted.append((what, count))
        if len(self.noted) == 1:
            self.on_first()


class Streams:
    """Two streams with one network."""

    def __init__(self) -> None:
        network, config = load_network("lite"), TrackerConfig(size=96)
        first = Tracker(network, config, device="cpu", precision="float32", backend="openvino")
        self.trackers = first, first.fork()
        for tracker, shots in zip(self.trackers, FILMS, strict=True):
            tracker.init(shots[0].frame, mask=shots[0].ids)
        backend = first.runtime.backend
        assert isinstance(backend, JoiningBackend)
        self.noting = Noting(backend)
        self.joint = JointBackend(self.noting, first.runtime.turn)

    def step(self, number: int) -> FrameResult:
        """Makes the next step of one of them."""
        tracker = self.trackers[number]
        assert tracker.result is not None
        return tracker.step(FILMS[number][tracker.result.index + 1].frame)

    def join(self) -> None:
        """From now on their calls are joined."""
        self.trackers[0].runtime.backend = self.joint


@pytest.fixture(scope="module")
def alone() -> list[list[FrameResult]]:
    """What is found by one after the other."""
    streams = Streams()
    return [[streams.step(number) for _ in range(4)] for number in range(2)]


def test_steps_at_once_are_computed_together(alone: list[list[FrameResult]]) -> None:
    streams = Streams()
    streams.join()
    ready = threading.Barrier(2)
    found: dict[int, list[FrameResult]] = {}

    def run(number: int) -> None:
        for _ in range(4):
            with streams.joint.call():
                ready.wait()  # both are counted
                found.setdefault(number, []).append(streams.step(number))
            ready.wait()

    at_once(lambda: run(0), lambda: run(1))
    assert streams.noting.noted == [("frames", 2), ("objects", 2)] * 4
    for number, wanted in enumerate(alone):
        for one, other in zip(found[number], wanted, strict=True):
            np.testing.assert_array_equal(one.id_map, other.id_map)
            assert one.objects[0].score == pytest.approx(other.objects[0].score, abs=1e-4)


def test_a_step_waits_for_one_that_began_later() -> None:
    streams = Streams()
    streams.join()
    counted = threading.Event()

    def later() -> None:
        with streams.joint.call():
            counted.set()
            streams.step(1)

    second = threading.Thread(target=later)

    def begin() -> None:
        second.start()
        counted.wait()

    streams.noting.on_first = begin
    with streams.joint.call():
        streams.step(0)
    second.join()
    assert streams.noting.noted == [("frames", 1), ("frames", 1), ("objects", 2)]


def test_a_call_that_needs_no_network_is_not_waited_for_when_it_has_ended() -> None:
    streams = Streams()
    streams.join()
    ready = threading.Barrier(2)

    def idle() -> None:
        with streams.joint.call():
            ready.wait()

    def step() -> None:
        with streams.joint.call():
            ready.wait()
            streams.step(0)

    at_once(idle, step)
    assert streams.noting.noted == [("frames", 1), ("objects", 1)]


def test_what_one_asks_wrongly_fails_for_it_alone() -> None:
    streams = Streams()
    ready = threading.Barrier(2)
    outcomes: dict[int, Features | Exception] = {}

    def encode(width: int) -> None:
        with streams.joint.call():
            ready.wait()
            try:
                outcomes[width] = streams.joint.encode(torch.zeros(1, 3, 96, width))
            except Exception as error:
                outcomes[width] = error

    at_once(lambda: encode(160), lambda: encode(7))
    assert isinstance(outcomes[7], RuntimeError)
    right = outcomes[160]
    assert isinstance(right, Features)
    assert right.x16.shape == (1, 256, 6, 10)
