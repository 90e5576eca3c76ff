"""A backend in which what several threads ask for at once is computed together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from torch import Tensor

from samtracker.backends.backend import JoiningBackend
from samtracker.backends.turn import Turn
from samtracker.model.decoder import Decoded
from samtracker.model.encoders import Features
from samtracker.model.object_crops import ObjectCrops

Given = TypeVar("Given")
Found = TypeVar("Found")


class JointBackend:
    """Joins the work of calls that are made in several threads.

    Each call runs in its turn to where it needs the network, and there lets the next one in. When
    none is left that could go on, what they ask for is computed: frames, and once no call waits
    for a frame, objects. So calls that have begun at different times come to be in step.

    Args:
        backend: Computes.
        turn: Of the trackers whose calls they are.
    """

    def __init__(self, backend: JoiningBackend, turn: Turn) -> None:
        self.name = backend.name
        self._turn = turn.condition()
        self._calls, self._counting = 0, threading.Lock()
        self._frames = _Queue(backend.encode_all)
        self._objects = _Queue(backend.decode_all)

    @contextmanager
    def call(self) -> Iterator[None]:
        """Count the `with` block as a call that the others wait for."""
        self._count(1)
        try:
            yield
        finally:
            with self._turn:
                self._count(-1)
                self._go_on()

    def encode(self, model_input: Tensor) -> Features:
        """See `Backend.encode`."""
        return self._ask(self._frames, model_input)

    def decode(self, crops: ObjectCrops) -> Decoded:
        """See `Backend.decode`."""
        return self._ask(self._objects, crops)

    def _ask(self, queue: _Queue[Given, Found], given: Given) -> Found:
        with self._turn:
            answer = queue.add(given)
            self._go_on()
            self._turn.wait_for(answer.done)
        return answer.result()

    def _count(self, change: int) -> None:
        # Not in a turn: whoever has it now shall wait for this call.
        with self._counting:
            self._calls += change

    def _go_on(self) -> None:
        """Compute, if all calls wait for it."""
        waiting = len(self._frames.waiting) + len(self._objects.waiting)
        if waiting and waiting >= self._calls:
            (self._frames if self._frames.waiting else self._objects).compute()
            self._turn.notify_all()


@dataclass
class _Queue(Generic[Given, Found]):
    """What is to be computed in one way."""

    all_at_once: Callable[[list[Given]], list[Found]]
    waiting: list[tuple[Given, Future[Found]]] = field(default_factory=list)

    def add(self, given: Given) -> Future[Found]:
        """Return what will have the answer, or the error."""
        answer: Future[Found] = Future()
        self.waiting.append((given, answer))
        return answer

    def compute(self) -> None:
        """Answer all; where that fails, one after the other, so that only the culprit fails."""
        asked, self.waiting = self.waiting, []
        try:
            found = self.all_at_once([given for given, _ in asked])
        except Exception as error:
            if len(asked) == 1:
                asked[0][1].set_exception(error)
                return
            for one in asked:
                self.waiting = [one]
                self.compute()
        else:
            for (_, answer), item in zip(asked, found, strict=True):
                answer.set_result(item)
