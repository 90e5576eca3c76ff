"""A log of all that was done to a tracker, to do it again: JSON lines.

The first line says what the tracker was: weights, configuration, precision, seeds. Every other one
is a call: its name and arguments, a hash of its frame, and what came of it.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import inspect
import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from samtracker import __version__
from samtracker.model.network import SEED
from samtracker.output import writing
from samtracker.prompts import SEED as CUT_SEED
from samtracker.saved import weights_of
from samtracker.types import FrameResult

if TYPE_CHECKING:
    from samtracker.tracker import Tracker

FORMAT: Final = "samtracker-replay-1"

Self_ = TypeVar("Self_", bound="Tracker")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class ReplayLog:
    """Takes down what is done to a tracker from now on; give it to `Tracker.log`.

    Args:
        path: of the file; an older one is replaced.
        tracker: before its stream begins.
        source: that its frames come from, for `replay`; empty if there is none.

    Raises:
        OutputError: it cannot be written.
        WeightsError: the network comes from no file.
    """

    def __init__(self, path: str | Path, tracker: Tracker, source: str = "") -> None:
        self._path = Path(path)
        name, digest = weights_of(tracker.runtime.network)
        header = {
            "format": FORMAT,
            "version": __version__,
            "source": source,
            "weights": name,
            "sha256": digest,
            "device": tracker.runtime.device.type,
            "precision": str(tracker.runtime.precision).removeprefix("torch."),
            "config": asdict(tracker.config),
            "seeds": {"network": SEED, "grabcut": CUT_SEED},
        }
        with writing(self._path):
            self._file = self._path.open("w", encoding="ascii", newline="\n")
        self._write(header)

    def take(self, name: str, arguments: Mapping[str, Any], outcome: object) -> None:
        """Write a call down.

        Args:
            name: of the method.
            arguments: by name.
            outcome: what it returned.

        Raises:
            OutputError: the disk is full.
        """
        given = dict(arguments)
        frame = given.pop("frame", None)
        line: dict[str, Any] = {"call": name}
        if frame is not None:
            line["frame"] = digest(frame)
        line["arguments"] = {key: packed(value) for key, value in given.items()}
        if isinstance(outcome, FrameResult):
            line |= outline(outcome)
        self._write(line)

    def close(self) -> None:
        """Close the file; what was written until then is on the disk at any time."""
        with writing(self._path):
            self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        with writing(self._path):
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()


def logged(
    method: Callable[Concatenate[Self_, Arguments], Result],
) -> Callable[Concatenate[Self_, Arguments], Result]:
    """Makes a method of a tracker write itself into its log, if there is one, once it is done."""
    signature = inspect.signature(method)

    @functools.wraps(method)
    def call(self: Self_, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        outcome = method(self, *args, **kwargs)
        if self.log is not None:
            _, *arguments = signature.bind(self, *args, **kwargs).arguments.items()
            self.log.take(method.__name__, dict(arguments), outcome)
        return outcome

    return cast(Callable[Concatenate[Self_, Arguments], Result], call)


def digest(array: NDArray[Any]) -> str:
    """A hash of an array's values and shape."""
    content = hashlib.blake2b(str(array.shape).encode("ascii"), digest_size=16)
    content.update(np.ascontiguousarray(array).data)
    return content.hexdigest()


def outline(result: FrameResult) -> dict[str, Any]:
    """What a result comes down to: equal where the results are."""
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
    """An argument as JSON."""
    if isinstance(value, Mapping):
        return {"by id": [[int(key), packed(item)] for key, item in value.items()]}
    if isinstance(value, np.ndarray) and value.ndim > 1:
        content = base64.b64encode(zlib.compress(np.ascontiguousarray(value).data))
        return {"dtype": value.dtype.str, "shape": value.shape, "zlib": content.decode("ascii")}
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [packed(item) for item in value]
    return value


def unpacked(plain: Any) -> Any:
    """An argument as it was given.

    Raises:
        ValueError: it is damaged.
    """
    match plain:
        case {"by id": pairs}:
            return {key: unpacked(item) for key, item in pairs}
        case {"dtype": dtype, "shape": shape, "zlib": text}:
            content = zlib.decompress(base64.b64decode(text))
            return np.frombuffer(content, np.dtype(dtype)).reshape(shape)
        case list():
            return [unpacked(item) for item in plain]
        case _:
            return plain
