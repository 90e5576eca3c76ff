"""Calls of the trackers that share a runtime, one after the other."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar, cast

import torch

from samtracker.model.process import check_process


class Turn:
    """Lets one thread at a time into what shares a runtime; the others wait.

    A copy has a turn of its own.

    Args:
        device: Where the runtime computes.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._lock, self._process = threading.RLock(), os.getpid()

    def __enter__(self) -> None:
        check_process(self._device)
        if self._process != os.getpid():  # a thread that had the lock has stayed in the parent
            self._lock, self._process = threading.RLock(), os.getpid()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def condition(self) -> threading.Condition:
        """Return a condition on which a thread may wait within its turn, and let others in."""
        return threading.Condition(self._lock)

    def __reduce__(self) -> tuple[type[Turn], tuple[torch.device]]:
        return Turn, (self._device,)


class _Sharing(Protocol):
    """What has a turn."""

    @property
    def turn(self) -> Turn:
        """The turn."""
        ...


class _Taking(Protocol):
    """Something that takes turns."""

    @property
    def runtime(self) -> _Sharing:
        """What it shares with others."""
        ...


Self_ = TypeVar("Self_", bound=_Taking)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def in_turn(
    method: Callable[Concatenate[Self_, Arguments], Result],
) -> Callable[Concatenate[Self_, Arguments], Result]:
    """Make a method of a tracker wait until no other thread is in one.

    Raises:
        ConfigError: The process is forked, see `check_process`.
    """

    @functools.wraps(method)
    def call(self: Self_, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with self.runtime.turn:
            return method(self, *args, **kwargs)

    return cast(Callable[Concatenate[Self_, Arguments], Result], call)
