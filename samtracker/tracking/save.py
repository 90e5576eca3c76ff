"""A tracker in a file: tensors as safetensors, everything else as JSON in the header."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor

from samtracker.backends.runtime import EncodedFrame, Runtime
from samtracker.checkpoints.files import checksum, load_state, save_state
from samtracker.checkpoints.origin import network_of, weights_of
from samtracker.config import TrackerConfig
from samtracker.errors import OutOfMemoryError, OutputError, SamTrackerError, WeightsError
from samtracker.files import DAMAGE, checked_path
from samtracker.model.encoders import Features
from samtracker.model.geometry import InputTransform
from samtracker.model.memory import ReferenceFrame, Template
from samtracker.model.network import Network
from samtracker.model.target import TargetModel
from samtracker.tracking.encoding import JsonDecoder, JsonEncoder, Layout
from samtracker.tracking.life_cycle import LifeCycle
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.tracking.objects import Edit, Objects
from samtracker.tracking.state import StreamState
from samtracker.tracking.track import Track
from samtracker.tracking.trial import check_state
from samtracker.types import FrameResult, TrackedObject

_KIND: Final = "samtracker-tracker-"
FORMAT: Final = 7
"""Number of the format; one more with every change of `LAYOUTS` or of the header."""


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


def _private(*names: str) -> dict[str, str]:
    return {name: f"_{name}" for name in names}


LAYOUTS: Final = (
    Layout("objects", Objects, _same("last_id") | _private("config", "tracks", "edits")),
    Layout("edit", Edit, _same("result", "tracks", "names")),
    Layout("track", Track, _same("memory", "life_cycle", "name")),
    Layout(
        "memory",
        ObjectMemory,
        _same("lost")
        | _private("config", "given", "bank", "given_target", "target", "last", "whole", "largest"),
    ),
    Layout(
        "life_cycle",
        LifeCycle,
        _same("state")
        | _private("config", "area", "largest", "center", "absent", "doubtful", "good"),
    ),
    Layout("reference", ReferenceFrame, _same("coarse", "labels")),
    Layout("template", Template, _same("features", "mask")),
    # The coarse key is cached: objects whose reference frames share it share their matching.
    Layout("features", Features, _same("x16", "key", "x8", "x4", "coarse")),
    Layout("target", TargetModel, _same("weights")),
    Layout("frame", EncodedFrame, _same("image", "transform", "features")),
    Layout("transform", InputTransform, _same("frame", "content", "model_input")),
    Layout("config", TrackerConfig, _same(*(field.name for field in fields(TrackerConfig)))),
    Layout("result", FrameResult, _same("index", "timestamp", "size", "objects")),
    Layout("object", TrackedObject, _same("id", "mask", "box", "score", "state", "name")),
)
"""How everything in a tracker is written."""


@dataclass(frozen=True)
class SavedTracker:
    """What was read from a file.

    Attributes:
        network: Network with the weights that the tracker had.
        config: Settings of the tracker.
        precision: Number format that the network ran in.
        backend: What it ran with.
        threads: Number of threads that torch had; with as many the masks are the same.
    """

    network: Network
    config: TrackerConfig
    precision: str
    backend: str
    threads: int
    _path: Path
    _state: Any
    _tensors: dict[str, Tensor]

    def restore(self, runtime: Runtime) -> StreamState:
        """Return what a stream changes, on a device, once it has been tried there.

        Args:
            runtime: Runtime of the network on the device.

        Raises:
            WeightsError: The file is damaged.
            OutOfMemoryError: The device has no memory left for it.
        """
        with _damage(self._path):
            decoder = JsonDecoder(LAYOUTS, self._tensors, runtime.device)
            state = StreamState(**decoder.decode(self._state))
            check_state(state, runtime, self.config)
            return state


def save_tracker(
    path: str | Path, runtime: Runtime, config: TrackerConfig, state: StreamState
) -> None:
    """Write a tracker to a file.

    Args:
        path: File to write; its name ends in .safetensors.
        runtime: Runtime of the tracker.
        config: Settings of the tracker.
        state: What a stream has changed.

    Raises:
        OutputError: The path is none, has another ending, or cannot be written.
        WeightsError: The network does not come from a file.
    """
    path = checked_path(path, OutputError, "path")
    if path.suffix != ".safetensors":
        raise OutputError(f"'{path}' has another ending: give a name that ends in .safetensors")
    weights, digest = weights_of(runtime.network)
    encoder = JsonEncoder(LAYOUTS)
    header = {
        "weights": weights,
        "sha256": digest,
        "precision": runtime.precision_name,
        "backend": runtime.backend.name,
        "threads": torch.get_num_threads(),
        "config": asdict(config),
        "state": encoder.encode(vars(state)),
    }
    text = json.dumps(header)
    metadata = {
        "format": f"{_KIND}{FORMAT}",
        "tracker": text,
        "sha256": checksum(text, encoder.tensors),
    }
    save_state(path, encoder.tensors, metadata)


def load_tracker(
    path: str | Path, weights: str | Path | None, *, network: Network | None = None
) -> SavedTracker:
    """Read a file of `save_tracker`.

    Args:
        path: File to read.
        weights: Where the weights lie now; None for where they were.
        network: A network that has these weights, so that they are not read again; None for none.

    Raises:
        WeightsError: The weights are missing or are others; or the file is missing, damaged or of
            another version.
    """
    path = checked_path(path, WeightsError, "path")
    tensors, metadata = load_state(path)
    _check_format(path, metadata.get("format", ""))
    with _damage(path):
        text = metadata["tracker"]
        if metadata["sha256"] != checksum(text, tensors):
            raise ValueError("something was changed")
        header = json.loads(text)
        config = TrackerConfig(**header["config"])
        keys = ("weights", "sha256", "precision", "backend")
        name, digest, precision, backend = (str(header[key]) for key in keys)
        threads, state = int(header["threads"]), header["state"]
    if network is None:
        network = network_of(path, name, digest, weights)
    elif weights_of(network)[1] != digest:
        raise WeightsError(f"'{path}' was saved with other weights: load those")
    return SavedTracker(network, config, precision, backend, threads, path, state, tensors)


class Running(Protocol):
    """A tracker.

    Attributes:
        runtime: Runs its network.
        config: Its settings.
    """

    runtime: Runtime
    config: TrackerConfig


def load_stream(path: str | Path, tracker: Running) -> StreamState:
    """Read what a stream has changed from a file of `save_tracker`.

    Args:
        path: File to read.
        tracker: One with the weights and settings that the other one had.

    Raises:
        WeightsError: The weights or settings are others; or the file is missing, damaged or of
            another version.
    """
    saved = load_tracker(path, None, network=tracker.runtime.network)
    if saved.config != tracker.config:
        raise WeightsError(f"'{path}' was saved with other settings: load it with those")
    return saved.restore(tracker.runtime)


def _check_format(path: Path, found: str) -> None:
    number = found.removeprefix(_KIND)
    if number == found or not number.isdecimal():
        raise WeightsError(f"'{path}' holds no tracker: give a file of save()")
    if int(number) != FORMAT:
        age, way = (
            ("an older", "go on with that one") if int(number) < FORMAT else ("a newer", "update")
        )
        raise WeightsError(
            f"'{path}' was saved by {age} version of samtracker (format {number}, not {FORMAT}): "
            f"{way}, or start again from the first frame"
        )


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Turn what a file that somebody changed may bring about into an error of ours."""
    try:
        yield
    except OutOfMemoryError:
        raise
    except (SamTrackerError, OSError, AssertionError, RuntimeError, *DAMAGE) as error:
        raise WeightsError(f"'{path}' is damaged: start again from the first frame") from error
