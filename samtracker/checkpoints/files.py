"""Files of tensors: safetensors, written and read, and PyTorch's own, read only."""

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError, safe_open

from samtracker.errors import OutputError, WeightsError
from samtracker.files import file_sha256


def sha256(path: Path) -> str:
    """Compute the SHA-256 of a file's bytes, 64 lower-case hexadecimal digits.

    Raises:
        WeightsError: The file cannot be read.
    """
    try:
        return file_sha256(path)
    except OSError as error:
        raise WeightsError(f"cannot read weights {path}: {error.strerror}") from error


def load_state(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read a state dict and its metadata, on the CPU; nothing in the file is ever executed.

    Args:
        path: `.safetensors`, or `.pt` / `.pth` holding one flat dict of tensors.

    Returns:
        The tensors by name and the metadata; a `.pt` or `.pth` has no metadata.

    Raises:
        WeightsError: Missing, of another kind, damaged, or more than tensors.
    """
    if not path.is_file():
        raise WeightsError(f"weights {path} do not exist or are no file")
    match path.suffix.lower():
        case ".safetensors":
            return _load_safetensors(path)
        case ".pt" | ".pth":
            return _load_torch(path), {}
        case _:
            raise WeightsError(f"weights {path} must be a .safetensors, .pt or .pth file")


def checksum(text: str, tensors: Mapping[str, torch.Tensor]) -> str:
    """Compute the sha256 of a text and tensors, for the header of a file that holds both.

    Args:
        text: Everything else that is to be as it was written.
        tensors: By name; of any memory layout, on any device.

    Returns:
        64 lower-case hexadecimal digits.
    """
    content = hashlib.sha256(text.encode())
    for name, tensor in sorted(tensors.items()):
        content.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        content.update(tensor.cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return content.hexdigest()


def _load_safetensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"weights {path} are no intact safetensors file: {error}") from error


def _load_torch(path: Path) -> dict[str, torch.Tensor]:
    try:
        # torch warns about what it refuses anyway; the user gets one line.
        with warnings.catch_warnings(action="ignore"):
            state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        # The restricted unpickler lets IndexError, KeyError, struct.error and others through on
        # a damaged file (github.com/pytorch/pytorch/issues/127525), and the text of its own
        # errors advises to execute the file: it is not passed on.
        raise WeightsError(
            f"weights {path} are damaged or hold more than tensors ({type(error).__name__}); "
            "nothing in them was executed: save the state dict alone, or download it again"
        ) from error
    if not isinstance(state, dict) or not all(
        isinstance(key, str) and isinstance(value, torch.Tensor) for key, value in state.items()
    ):
        raise WeightsError(
            f"weights {path} are no flat dict of tensors: save the state dict alone, "
            "torch.save(model.state_dict(), ...)"
        )
    return dict(state)


def save_state(
    path: Path, tensors: Mapping[str, torch.Tensor], metadata: Mapping[str, str]
) -> None:
    """Write a safetensors file: the whole file or none, and the same bytes for the same content.

    Args:
        path: Replaced if it exists; its folder must exist.
        tensors: By name; of any memory layout, on any device.
        metadata: Texts for the header.

    Raises:
        OutputError: The file cannot be written.
    """
    data = safetensors.torch.save({key: value.contiguous() for key, value in tensors.items()})
    body = 8 + int.from_bytes(data[:8], "little")
    # safetensors writes metadata in random order (github.com/safetensors/safetensors/issues/584),
    # so that no two saves would have the same sha256.
    described = {"__metadata__": dict(sorted(metadata.items())), **json.loads(data[8:body])}
    header = json.dumps(described, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    temporary = path.with_name(f"{path.name}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(len(header).to_bytes(8, "little") + header)
            file.write(memoryview(data)[body:])
            file.flush()
            os.fsync(file.fileno())  # or a power cut could leave the name without the bytes
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write weights {path}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
