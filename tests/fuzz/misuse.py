"""Calls of the public API with odd arguments: they work, or fail and change nothing."""

from __future__ import annotations

import inspect
import reprlib
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import samtracker
from samtracker import (
    SamTrackerError,
    Tracker,
    TrackerConfig,
    VideoWriter,
)
from samtracker.tracking.log import outline
from tests.fuzz.action import Action, call
from tests.fuzz.odd_values import odd_object
from tests.fuzz.samples import SAVED, VIDEO, network
from tests.helpers.cli_tools import FRAMES, SHOTS

PLAIN = frozenset(("State", "FrameResult", "TrackedObject"))
"""What results are made of: plain values, which nothing checks."""


OURS = frozenset(("network", "config", "saved", "result"))
"""Arguments that are objects of ours: what is none fails as Python has it. So do flags, which are
whatever has a truth."""


@dataclass(frozen=True)
class Call:
    """A call to be made.

    Attributes:
        name: as in Python.
        function: bound, if it is a method.
        arguments: keyword arguments.
    """

    name: str
    function: Callable[..., Any]
    arguments: dict[str, Any]

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_short(value)}" for name, value in self.arguments.items())
        return f"{self.name}({shown})"


def misuse(samples: Path, random: Random) -> Action:
    """One call with one or two odd arguments, on a tracker with a stream."""
    tracker = _tracker()
    targets = _targets(tracker)
    name = random.choice(sorted(targets))
    good = _good(samples, tracker)
    parameters = [
        item
        for item in inspect.signature(targets[name]).parameters.values()
        if item.kind not in (item.VAR_KEYWORD, item.VAR_POSITIONAL)
    ]
    required = [item.name for item in parameters if item.default is item.empty]
    optional = [item.name for item in parameters if item.default is not item.empty]
    chosen = required + random.sample(optional, min(len(optional), random.choice((0, 1, 1, 2))))
    arguments = {key: good[key] for key in chosen if key in good}
    flags = {item.name for item in parameters if isinstance(item.default, bool)}
    spoiled = [key for key in chosen if key not in OURS | flags]
    for key in random.sample(spoiled, min(len(spoiled), random.choice((1, 1, 2)))):
        arguments[key] = odd_object(random)
    odd = Call(name, targets[name], arguments)
    return call(str(odd), lambda: _make(odd, tracker))


def _make(odd: Call, tracker: Tracker) -> None:
    """Makes a call; one that fails must not have changed the tracker.

    Raises:
        SamTrackerError: what is wrong with the arguments. A value of another type than the
            annotations say may be a TypeError, as everywhere in Python.
    """
    before = tracker.result, tracker.object_ids, tracker.config
    try:
        _use(odd.function(**odd.arguments))
    except (SamTrackerError, TypeError) as error:
        failure = error
    else:
        return
    if (tracker.result, tracker.object_ids, tracker.config) != before:
        raise RuntimeError(f"the tracker was changed by a call that failed: {failure}")
    stepped, expected = (outline(item.step(FRAMES[2])) for item in (tracker, _tracker()))
    if stepped != expected:
        raise RuntimeError(f"the next step was changed by a call that failed: {failure}")
    raise failure if isinstance(failure, SamTrackerError) else SamTrackerError(failure)


def _use(value: Any) -> None:
    """Uses what was returned, for some of it works only then."""
    if isinstance(value, types.GeneratorType | Iterator):
        for _ in islice(value, 3):
            pass
    if hasattr(value, "close"):
        value.close()


def _tracker() -> Tracker:
    """A tracker with a stream."""
    tracker = Tracker(network(), TrackerConfig(size=64), device="cpu", precision="float32")
    tracker.init(FRAMES[0], mask=SHOTS[0].ids)
    tracker.step(FRAMES[1], 0.04)
    return tracker


def _targets(tracker: Tracker) -> dict[str, Callable[..., Any]]:
    """Everything public that can be called, by name."""
    found: dict[str, Callable[..., Any]] = {}
    for name in samtracker.__all__:
        value = getattr(samtracker, name)
        failure = isinstance(value, type) and issubclass(value, Exception)
        if callable(value) and not failure and name not in PLAIN:
            found[name] = value
    for name, method in inspect.getmembers(tracker, callable):
        if not name.startswith("_"):
            found[f"tracker.{name}"] = method
    writer = VideoWriter("writer.mp4", fps=25)
    return {**found, "writer.write": writer.write}


def _good(samples: Path, tracker: Tracker) -> dict[str, Any]:
    """Arguments that fit, by name."""
    return {
        "frame": FRAMES[1],
        "image": FRAMES[1],
        "result": tracker.result,
        "mask": SHOTS[1].ids == 1,
        "box": (12, 10, 61, 59),
        "points": [(40, 35)],
        "object_id": 1,
        "name": "ball",
        "timestamp": 0.08,
        "time": 0.08,
        "size": 64,
        "source": samples / VIDEO,
        "path": samples / SAVED,
        "name_or_path": "propagation",
        "network": network(),
        "config": TrackerConfig(size=64),
        "device": "cpu",
        "precision": "float32",
        "fps": 25,
        "opacity": 0.5,
    }


def _short(value: Any) -> str:
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"<{type(value).__name__} {value.dtype} {tuple(value.shape)}>"
    return ascii(reprlib.repr(value))[1:-1]
