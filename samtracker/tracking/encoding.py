"""Objects as JSON and tensors, and back.

What is shared is written once and shared again when it is read, so that a tracker goes on as if it
had never stopped. Only classes of a given table are ever made, under the names that it gives them
and their attributes: these stay when code is renamed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from samtracker.tracking.hints import check_fields
from samtracker.types import State


@dataclass(frozen=True)
class Layout:
    """How a class is written.

    Attributes:
        tag: Stands for the class.
        kind: The class.
        fields: Attributes by the names that stand for them. One that an object does not have, as
            of a cached property that nobody has asked for, is left out; what is not named here is
            not written.
    """

    tag: str
    kind: type
    fields: Mapping[str, str]


class JsonEncoder:
    """Makes JSON of objects.

    Args:
        layouts: Layouts of all classes that may be met.

    Attributes:
        tensors: Tensors and arrays that were met, by the names that stand for them in the JSON.
    """

    def __init__(self, layouts: Iterable[Layout]) -> None:
        self.tensors: dict[str, Tensor] = {}
        self._layouts = {layout.kind: layout for layout in layouts}
        self._known: dict[int, int] = {}
        self._kept: list[object] = []  # or another object could get the id of one that is gone

    def encode(self, value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
        """Return the JSON of an object, with names for tensors and arrays."""
        if isinstance(value, State):
            return {"state": value.value}
        if value is None or isinstance(value, bool | int | float | str):
            return value
        if isinstance(value, tuple | list):
            return {type(value).__name__: [self.encode(item) for item in value]}
        if isinstance(value, deque):
            return {"deque": [self.encode(item) for item in value], "most": value.maxlen}
        if isinstance(value, dict):
            return {"dict": [[self.encode(key), self.encode(item)] for key, item in value.items()]}
        if id(value) in self._known:
            return {"again": self._known[id(value)]}
        number = self._known[id(value)] = len(self._known)
        self._kept.append(value)
        if isinstance(value, Tensor | np.ndarray):
            tensor = torch.tensor(value) if isinstance(value, np.ndarray) else value.clone()
            self.tensors[str(number)] = tensor.detach()
            last = tensor.dim() == 4 and tensor.is_contiguous(memory_format=torch.channels_last)
            kind = "array" if isinstance(value, np.ndarray) else "tensor"
            return {kind: number, "channels_last": last}
        layout, attributes = self._layouts[type(value)], vars(value)
        fields = {
            name: self.encode(attributes[attribute])
            for name, attribute in layout.fields.items()
            if attribute in attributes
        }
        return {"object": layout.tag, "number": number, "fields": fields}


class JsonDecoder:
    """Makes objects of what `JsonEncoder` wrote.

    Args:
        layouts: Layouts of all classes that may be made.
        tensors: Tensors by the names that stand for them.
        device: Where the tensors go; arrays stay on the CPU.
    """

    def __init__(
        self, layouts: Iterable[Layout], tensors: Mapping[str, Tensor], device: torch.device
    ) -> None:
        self._layouts = {layout.tag: layout for layout in layouts}
        self._tensors = tensors
        self._device = device
        self._known: dict[int, Any] = {}

    def decode(self, plain: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
        """Return the object that some JSON stands for.

        Raises:
            LookupError: A tag, a field or a tensor is unknown.
            TypeError: Something is of another kind than it should be.
            ValueError: A state or a setting is unknown.
            ConfigError: A setting does not fit.
        """
        match plain:
            case {"state": value}:
                return State(value)
            case {"tuple": items}:
                return tuple(self.decode(item) for item in items)
            case {"list": items}:
                return [self.decode(item) for item in items]
            case {"deque": items, "most": most}:
                return deque((self.decode(item) for item in items), most)
            case {"dict": pairs}:
                return {self.decode(key): self.decode(item) for key, item in pairs}
            case {"again": number}:
                return self._known[number]
            case {"array": number}:
                array = self._tensors[str(number)].numpy()
                array.flags.writeable = False  # as masks are
                self._known[number] = array
                return array
            case {"tensor": number, "channels_last": last}:
                tensor = self._tensors[str(number)].to(self._device)
                if last and tensor.dim() == 4:
                    tensor = tensor.contiguous(memory_format=torch.channels_last)
                self._known[number] = tensor
                return tensor
            case {"object": tag, "number": number, "fields": fields}:
                layout = self._layouts[tag]
                made: Any = object.__new__(layout.kind)
                self._known[number] = made
                for name, item in fields.items():
                    vars(made)[layout.fields[name]] = self.decode(item)
                check_fields(made)
                return made
            case _:
                return plain
