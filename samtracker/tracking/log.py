"""A log of all that was done to a tracker, to do it again: JSON lines.

The first line says what the tracker was: weights, configuration, precision, threads, seeds. Every
other one is a call: its name and arguments, a hash of its frame, and what came of it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import inspect
import json
import math
import zlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, Protocol, TextIO, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray

from samtracker._version import __version__
from samtracker.backends.runtime import Runtime
from samtracker.checkpoints.origin import weights_of
from samtracker.config import TrackerConfig
from samtracker.errors import ConfigError, OutputError
from samtracker.files import DAMAGE, checked_path, writing
from samtracker.model.network import SEED
from samtracker.prompts.grabcut import SEED as CUT_SEED
from samtracker.types import FrameResult

_KIND: Final = "samtracker-replay-"
FORMAT: Final = f"{_KIND}3"

LARGEST: Final = 2**30
"""Bytes that the arrays of one argument may take; a few of a log may stand for thousands."""


class Loggable(Protocol):
    """What a log asks of a tracker."""

    log: ReplayLog | None
    config: TrackerConfig
    runtime: Runtime

    @property
    def result(self) -> FrameResult | None:
        """Result of the current frame; None before the stream begins."""
        ...


Self_ = TypeVar("Self_", bound=Loggable)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class ReplayLog:
    """A record of what is done to a tracker from now on; give it to `Tracker.log`.

    Args:
        path: File to write; an older one is replaced as soon as there is something to write.
        tracker: Tracker whose stream has not begun.
        source: Source that its frames come from, for a replay; empty if there is none.

    Raises:
        ConfigError: The stream has begun.
        OutputError: The path is none.
        WeightsError: The network comes from no file.
    """

    def __init__(self, path: str | Path, tracker: Loggable, source: str = "") -> None:
        if tracker.result is not None:
            raise ConfigError(
                f"log '{path}' would lack the begin of the tracker's stream: call reset() first"
            )
        self._path = checked_path(path, OutputError, "log")
        name, digest = weights_of(tracker.runtime.network)
        self._header = {
            "format": FORMAT,
            "version": __version__,
            "source": source,
            "weights": name,
            "sha256": digest,
            "device": tracker.runtime.device.type,
            "precision": tracker.runtime.precision_name,
            "backend": tracker.runtime.backend.name,
            "threads": torch.get_num_threads(),
            "config": asdict(tracker.config),
            "seeds": {"network": SEED, "grabcut": CUT_SEED},
        }
        self._file: TextIO | None = None
        self._failure: OutputError | None = None

    def record(self, name: str, arguments: Mapping[str, Any], outcome: object) -> None:
        """Write a call down, if that is possible; tracking goes on where it is not.

        Args:
            name: Name of the method.
            arguments: Its arguments by name.
            outcome: What it returned.
        """
        given = {key: value for key, value in arguments.items() if not callable(value)}
        frame = given.pop("frame", None)
        line: dict[str, Any] = {"call": name}
        if frame is not None:
            line["frame"] = digest(frame)
        try:
            line["arguments"] = {key: packed(value) for key, value in given.items()}
            text = json.dumps(line | (outline(outcome) if isinstance(outcome, FrameResult) else {}))
        except DAMAGE as error:  # as of a generator of clicks, which has been used up
            reason = f"log '{self._path}' is incomplete: it cannot hold an argument of {name}()"
            self._failure = self._failure or OutputError(f"{reason} ({error})")
        else:
            self._write(text)

    def close(self) -> None:
        """Close the file; what was written until then is on the disk at any time.

        Raises:
            OutputError: Not everything could be written.
        """
        with suppress(OSError):  # of what has failed already
            if self._file is not None:
                self._file.close()
        if self._failure is not None:
            raise self._failure

    def _write(self, line: str) -> None:
        if self._failure is not None:
            return
        try:
            with writing(self._path):
                if self._file is None:
                    self._file = self._path.open("w", encoding="ascii", newline="\n")
                    self._file.write(json.dumps(self._header) + "\n")
                self._file.write(line + "\n")
                self._file.flush()
        except OutputError as error:
            self._failure = error


def logged(
    method: Callable[Concatenate[Self_, Arguments], Result],
) -> Callable[Concatenate[Self_, Arguments], Result]:
    """Make a method of a tracker wait for its turn, and record itself in its log once it is done.

    Raises:
        ConfigError: The process is forked, see `check_process`.
    """
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call(self: Self_, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with self.runtime.turn:
            outcome = method(self, *args, **kwargs)
            if self.log is not None:
                _, *arguments = signature.bind(self, *args, **kwargs).arguments.items()
                self.log.record(method.__name__, dict(arguments), outcome)
            return outcome

    return cast(Callable[Concatenate[Self_, Arguments], Result], call)


def is_log(path: Path) -> bool:
    """Return whether a file is a log of any version, or empty; one that was cut off is one too.

    Raises:
        OutputError: It cannot be read.
    """
    begin = f'{{"format": "{_KIND}'.encode("ascii")
    with writing(path), path.open("rb") as file:
        return file.read(len(begin)) in (b"", begin)


def digest(array: NDArray[Any]) -> str:
    """Compute a hash of an array's values and shape."""
    content = hashlib.blake2b(str(array.shape).encode("ascii"), digest_size=16)
    content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def outline(result: FrameResult) -> dict[str, Any]:
    """Return what a result comes down to: equal where the results are."""
    objects = [
        {
            "id": item.id,
            "state": item.state.value,
            "score": item.score,
            "area": int(np.count_nonzero(item.mask)),
        }
        for item in result.objects
    ]
    return {"index": result.index, "objects": objects, "masks": digest(result.id_map)}


def packed(value: Any) -> Any:
    """Return an argument as JSON."""
    if isinstance(value, Mapping):
        return {"by id": [[int(key), packed(item)] for key, item in value.items()]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [packed(item) for item in value]
    if isinstance(value, Fraction):  # as times of frames may be
        return float(value)
    value = np.asarray(value)  # a tensor or picture too
    if value.ndim > 1:
        content = base64.b64encode(zlib.compress(np.ascontiguousarray(value).data))
        return {"dtype": value.dtype.str, "shape": value.shape, "zlib": content.decode("ascii")}
    return value.tolist()


def unpacked(plain: Any) -> Any:
    """Return an argument as it was given.

    Raises:
        ValueError: It is damaged, or its arrays take more than `LARGEST`.
    """
    if _size(plain) > LARGEST:
        raise ValueError(f"arrays of more than {LARGEST >> 20} MiB in one argument")
    return _unpacked(plain)


def _unpacked(plain: Any) -> Any:
    match plain:
        case {"by id": pairs}:
            return {key: _unpacked(item) for key, item in pairs}
        case {"dtype": dtype, "shape": shape, "zlib": text}:
            size = _size(plain)
            content = zlib.decompressobj().decompress(base64.b64decode(text), size + 1)
            if len(content) != size:
                raise ValueError("an array of another size")
            return np.frombuffer(content, np.dtype(dtype)).reshape(shape)
        case list():
            return [_unpacked(item) for item in plain]
        case _:
            return plain


def _size(plain: Any) -> int:
    """Return how many bytes the arrays of an argument say that they take."""
    match plain:
        case {"by id": pairs}:
            return sum(_size(item) for _, item in pairs)
        case {"dtype": dtype, "shape": shape}:
            if min(shape) < 0:
                raise ValueError("a side below 0")
            return int(math.prod(shape) * np.dtype(dtype).itemsize)
        case list():
            return sum(map(_size, plain))
        case _:
            return 0
