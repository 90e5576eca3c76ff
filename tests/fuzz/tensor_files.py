"""Damage to files of tensors: weights, saved trackers and checkpoints of trainings."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import numpy as np
import safetensors.torch

from samtracker.checkpoints.files import checksum
from tests.fuzz.mutator import mutate_bytes, mutate_json, to_json

SIGNED = {"tracker": ("tracker",), "training": ("format", "config", "training")}
"""What of the metadata a checksum is of, by what tells the kind of file."""


def mutate_tensors(data: bytes, random: Random) -> bytes:
    """Damages a file of tensors: its bytes, its header, its numbers, or what its header says.

    A `.pth` is no safetensors file; of such a one only bytes are damaged.
    """
    if data.startswith(b"PK"):
        return mutate_bytes(data, random)
    match random.choice(("bytes", "header", "numbers", "metadata", "metadata", "checked")):
        case "bytes":
            return mutate_bytes(data, random)
        case "header":
            header, body = _parts(data)
            return _joined(mutate_json(header, random), body)
        case "numbers":
            return _spoiled(data, random)
        case "metadata":
            header, body = _parts(data)
            header["__metadata__"] = _mutated_metadata(header.get("__metadata__", {}), random)
            return _joined(header, body)
        case _:
            return _checked(data, random)


def _parts(data: bytes) -> tuple[dict[str, Any], bytes]:
    """The header of a safetensors file, and what follows it."""
    end = 8 + int.from_bytes(data[:8], "little")
    return json.loads(data[8:end]), data[end:]


def _joined(header: Any, body: bytes) -> bytes:
    text = to_json(header)
    return len(text).to_bytes(8, "little") + text + body


def _mutated_metadata(metadata: dict[str, str], random: Random) -> Any:
    """Damages JSON inside a text of the metadata, or the metadata."""
    structured = [name for name, text in metadata.items() if text.startswith("{")]
    if not structured or random.random() < 0.2:
        return mutate_json(metadata, random)
    name = random.choice(structured)
    changed = mutate_json(json.loads(metadata[name]), random)
    return {**metadata, name: to_json(changed).decode()}


def _spoiled(data: bytes, random: Random) -> bytes:
    """Puts NaN, infinity, noise, zeros or enormous numbers into one tensor or into all."""
    header, body = _parts(data)
    content = bytearray(body)
    names = [name for name in header if name != "__metadata__"]
    for name in names if random.random() < 0.5 else random.sample(names, 1):
        begin, end = header[name]["data_offsets"]
        dtype = {"F16": "f2", "F32": "f4", "F64": "f8"}.get(header[name]["dtype"])
        if dtype is None:
            continue
        count = (end - begin) // np.dtype(dtype).itemsize
        value = random.choice((np.nan, np.inf, 0.0, -1.0, 60000.0))
        numbers = np.full(count, value, dtype)
        if random.random() < 0.3:
            rng = np.random.default_rng(random.randrange(2**32))
            numbers = (10 * rng.standard_normal(count)).astype(dtype)
        content[begin:end] = numbers.tobytes()
    return _joined(header, bytes(content))


def _checked(data: bytes, random: Random) -> bytes:
    """Damages a saved tracker or training and gives it a right checksum, so that it is believed."""
    header, body = _parts(data)
    metadata = header.get("__metadata__", {})
    name = next((key for key in SIGNED if key in metadata), None)
    if name is None:
        return _joined(mutate_json(header, random), body)
    text = to_json(mutate_json(json.loads(metadata[name]), random)).decode()
    metadata[name] = text
    signed = "\n".join(metadata[key] for key in SIGNED[name])
    metadata["sha256"] = checksum(signed, safetensors.torch.load(data))
    return _joined(header, body)
