"""A tracker in a file: tensors as safetensors, everything else as JSON in the header.

What is shared is written once and shared again when it is read, so that a tracker goes on as if it
had never stopped. Only the classes named here are ever built from a file.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from samtracker.checkpoints.files import load_state, manifest, save_state
from samtracker.checkpoints.load import load_network
from samtracker.config import TrackerConfig
from samtracker.errors import OutputError, SamTrackerError, WeightsError
from samtracker.model.encoders import Features
from samtracker.model.geometry import InputTransform
from samtracker.model.memory import ReferenceFrame, Template
from samtracker.model.network import Network
from samtracker.model.runtime import EncodedFrame, Runtime
from samtracker.model.target import TargetModel
from samtracker.tracking.life_cycle import LifeCycle
from samtracker.tracking.object_memory import ObjectMemory
from samtracker.tracking.objects import Edit, Objects
from samtracker.tracking.track import Track
from samtracker.types import FrameResult, State, TrackedObject

FORMAT: Final = "samtracker-tracker-3"

_CLASSES: Final = {
    kind.__name__: kind
    for kind in (
        *(
            Objects,
            Edit,
            Track,
            ObjectMemory,
            LifeCycle,
            ReferenceFrame,
            Template,
            Features,
            TargetModel,
        ),
        *(EncodedFrame, InputTransform),
        *(TrackerConfig, FrameResult, TrackedObject),
    )
}


def save_tracker(
    path: Path, runtime: Runtime, config: TrackerConfig, state: dict[str, Any]
) -> None:
    """See `Tracker.save`; `state` is what a stream changes."""
    if path.suffix != ".safetensors":
        raise OutputError(f"'{path}' has another ending: give a name that ends in .safetensors")
    weights, digest = weights_of(runtime.network)
    writer = _Writer()
    header = {
        "weights": weights,
        "sha256": digest,
        "precision": str(runtime.precision).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "config": asdict(config),
        "state": writer.plain(state),
    }
    text = json.dumps(header)
    metadata = {"format": FORMAT, "tracker": text, "sha256": checksum(text, writer.tensors)}
    save_state(path, writer.tensors, metadata)


def checksum(text: str, tensors: Mapping[str, Tensor]) -> str:
    """The sha256 of a header and tensors, as `load_tracker` wants to find it.

    What fits together in a tracker is too much to be checked piece by piece.
    """
    content = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        content.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        content.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return content.hexdigest()


def weights_of(network: Network) -> tuple[str, str]:
    """Where a network's weights come from, a name or an absolute path, and their sha256.

    Raises:
        WeightsError: they come from no file.
    """
    file = network.file
    if file is None:
        raise WeightsError("the network comes from no file: save its weights and load them first")
    known = manifest().values()
    names = [entry.name for entry in known if entry.path.resolve() == file.resolve()]
    return names[0] if names else str(file.resolve()), network.digest


def network_of(
    path: str | Path, name: str, digest: str, moved: str | Path | None = None
) -> Network:
    """The network that something was made with.

    Args:
        path: of what was made, for messages.
        name: of the weights, from `weights_of`; likewise `digest`.
        moved: where they lie now; None for where they were.

    Raises:
        WeightsError: the weights are missing or are others.
    """
    try:
        network = load_network(moved or name)
    except WeightsError as error:
        if moved is not None:
            raise
        raise WeightsError(
            f"{error}; '{path}' was made with them: if they lie elsewhere now, give that as weights"
        ) from error
    if network.digest != digest:
        raise WeightsError(
            f"'{path}' was made with other weights than '{network.file}': give those as weights"
        )
    return network


@dataclass(frozen=True)
class SavedTracker:
    """What was read from a file.

    Attributes:
        network: with the weights it was saved with.
        config: of the tracker.
        precision: that it ran in.
        threads: how many torch had: with as many, its masks are the same.
    """

    network: Network
    config: TrackerConfig
    precision: str
    threads: int
    _path: Path
    _state: Any
    _tensors: dict[str, Tensor]

    def restore(self, device: torch.device, names: tuple[str, ...]) -> dict[str, Any]:
        """What a stream changes, on a device; of these names, whatever else a file may hold."""
        with _damage(self._path):
            state = _Reader(self._tensors, device).built(self._state)
            return {name: state[name] for name in names}


def load_tracker(path: Path, weights: str | Path | None) -> SavedTracker:
    """See `Tracker.load`."""
    header, tensors = _read(path)
    with _damage(path):
        config = TrackerConfig(**header["config"])
        name, digest, precision = (str(header[key]) for key in ("weights", "sha256", "precision"))
        threads, state = int(header["threads"]), header["state"]
    network = network_of(path, name, digest, weights)
    return SavedTracker(network, config, precision, threads, path, state, tensors)


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The header of a file, and its tensors by name."""
    tensors, metadata = load_state(path)
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"'{path}' holds no tracker of this version: give a file of save()")
    with _damage(path):
        text = metadata["tracker"]
        if metadata["sha256"] != checksum(text, tensors):
            raise ValueError("something was changed")
        return dict(json.loads(text)), tensors


@contextmanager
def _damage(path: Path) -> Iterator[None]:
    """Makes an error of ours of whatever a file that somebody changed may bring about."""
    try:
        yield
    except SamTrackerError:
        raise
    except Exception as error:
        raise WeightsError(f"'{path}' is damaged: start again from the first frame") from error


class _Writer:
    """Makes JSON of objects; tensors and arrays get names."""

    def __init__(self) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._known: dict[int, int] = {}
        self._kept: list[object] = []  # or another object could get the id of one that is gone

    def plain(self, value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
        if value is None or isinstance(value, bool | int | float | str):
            return value.value if isinstance(value, State) else value
        if isinstance(value, tuple | list):
            return {type(value).__name__: [self.plain(item) for item in value]}
        if isinstance(value, deque):
            return {"deque": [self.plain(item) for item in value], "most": value.maxlen}
        if isinstance(value, dict):
            return {"dict": [[self.plain(key), self.plain(item)] for key, item in value.items()]}
        if id(value) in self._known:
            return {"again": self._known[id(value)]}
        number = self._known[id(value)] = len(self._known)
        self._kept.append(value)
        if isinstance(value, Tensor | np.ndarray):
            tensor = torch.from_numpy(value) if isinstance(value, np.ndarray) else value
            self.tensors[str(number)] = tensor.detach().clone()
            last = tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
            kind = "array" if isinstance(value, np.ndarray) else "tensor"
            return {kind: number, "channels_last": last}
        fields = {name: self.plain(item) for name, item in vars(value).items()}
        return {"class": type(value).__name__, "number": number, "fields": fields}


class _Reader:
    """Undoes `_Writer`."""

    def __init__(self, tensors: dict[str, Tensor], device: torch.device) -> None:
        self._tensors = tensors
        self._device = device
        self._known: dict[int, Any] = {}

    def built(self, plain: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
        match plain:
            case {"tuple": items}:
                return tuple(self.built(item) for item in items)
            case {"list": items}:
                return [self.built(item) for item in items]
            case {"deque": items, "most": most}:
                return deque((self.built(item) for item in items), most)
            case {"dict": pairs}:
                return {self.built(key): self.built(item) for key, item in pairs}
            case {"again": number}:
                return self._known[number]
            case {"array": number}:
                self._known[number] = self._tensors[str(number)].numpy()
                return self._known[number]
            case {"tensor": number, "channels_last": last}:
                tensor = self._tensors[str(number)].to(self._device)
                if last:
                    tensor = tensor.contiguous(memory_format=torch.channels_last)
                self._known[number] = tensor
                return tensor
            case {"class": name, "number": number, "fields": fields}:
                made = object.__new__(_CLASSES[name])
                self._known[number] = made
                for field, item in fields.items():
                    value = self.built(item)
                    made.__dict__[field] = State(value) if field == "state" else value
                return made
            case _:
                return plain
