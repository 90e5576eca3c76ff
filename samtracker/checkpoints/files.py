"""Weight files: which ones there are, where they lie, whether they are genuine, what is in them.

`weights/manifest.json` names every file the package knows. `lite` comes with the package; the
others are fetched by `samtracker.checkpoints.download` into a folder of the user.
"""

import contextlib
import hashlib
import json
import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import safetensors.torch
import torch
from safetensors import safe_open

from samtracker.errors import OutputError, WeightsError


@dataclass(frozen=True, kw_only=True)
class WeightEntry:
    """One weight file as the manifest names it.

    Attributes:
        name: what a user calls it.
        file: its file name, without any folder.
        encoder: lite, vit_b, vit_l or vit_h.
        sha256: 64 lower-case hexadecimal digits.
        size: bytes.
        licence: SPDX identifier.
        source: an http(s) URL, or "packaged" for a file that comes with the package.
        description: one line.

    Raises:
        WeightsError: a file name that could leave its folder, a hash that is none, or a source
            that is neither packaged nor http(s).
    """

    name: str
    file: str
    encoder: str
    sha256: str
    size: int
    licence: str
    source: str
    description: str

    def __post_init__(self) -> None:
        for field, value, pattern in (
            ("file", self.file, r"[A-Za-z0-9][A-Za-z0-9_.-]*\.(safetensors|pt|pth)"),
            ("sha256", self.sha256, r"[0-9a-f]{64}"),
            ("source", self.source, r"packaged|https?://\S+"),
        ):
            if not re.fullmatch(pattern, value):
                raise WeightsError(
                    f"weights {self.name!r} have {field} {value!r}; it must match {pattern}"
                )

    @property
    def path(self) -> Path:
        """Where the file is, or will be once it is downloaded."""
        return (weights_folder() if self.source == "packaged" else cache_folder()) / self.file

    @property
    def remedy(self) -> str:
        """How to get the file."""
        if self.source == "packaged":
            return "they come with the package: reinstall samtracker"
        return f"run: samtrack weights download {self.name}"


def weights_folder() -> Path:
    """The packaged folder: `samtracker/weights` when installed, `weights` in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "weights"
    return installed if installed.is_dir() else package.parent / "weights"


def cache_folder() -> Path:
    """The user's folder for downloads: `$SAMTRACKER_HOME`, else `~/.cache/samtracker`.

    `$XDG_CACHE_HOME` stands for `~/.cache` where it is set.
    """
    if home := os.environ.get("SAMTRACKER_HOME"):
        return Path(home).expanduser()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "samtracker"


def manifest() -> dict[str, WeightEntry]:
    """All known weights by name, in the order of the manifest.

    Raises:
        WeightsError: the manifest is missing or damaged.
    """
    path = weights_folder() / "manifest.json"
    try:
        entries = [WeightEntry(**item) for item in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"cannot read {path} ({error}): reinstall samtracker") from error
    return {entry.name: entry for entry in entries}


def locate(entry: WeightEntry) -> Path:
    """The file of an entry.

    Raises:
        WeightsError: it is not there.
    """
    if not entry.path.is_file():
        raise WeightsError(f"weights {entry.name!r} are not at {entry.path}; {entry.remedy}")
    return entry.path


def find(name_or_path: str | Path) -> Path:
    """The file of a known name, or the given file.

    A str that is a known name is that name; everything else is a path.

    Raises:
        WeightsError: the file is not there, or the name is unknown.
    """
    known = manifest()
    if isinstance(name_or_path, str) and name_or_path in known:
        return locate(known[name_or_path])
    path = Path(name_or_path).expanduser()
    try:
        there = path.is_file()
    except OSError:  # as of a name that is too long for a file
        there = False
    if not there:
        raise WeightsError(
            f"weights '{name_or_path}' are neither an existing file nor one of {', '.join(known)}"
        )
    return path


def sha256(path: Path) -> str:
    """The SHA-256 of a file's bytes, 64 lower-case hexadecimal digits.

    Raises:
        WeightsError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"cannot read weights {path}: {error.strerror}") from error


def check(path: Path, entry: WeightEntry) -> None:
    """Pass if a file is, byte for byte, the one that the manifest names.

    Raises:
        WeightsError: it cannot be read or has another sha256.
    """
    digest = sha256(path)
    if digest != entry.sha256:
        raise WeightsError(
            f"weights {path} are damaged or tampered with (sha256 {digest}, the manifest says "
            f"{entry.sha256}); {entry.remedy}"
        )


def verify(name_or_path: str | Path) -> WeightEntry:
    """Check a file's sha256 against the manifest and return the entry it belongs to.

    A name must be the file of its entry; a path may be any of the known files.

    Raises:
        WeightsError: missing, unreadable, or not what the manifest names.
    """
    known = manifest()
    path = find(name_or_path)
    if isinstance(name_or_path, str) and name_or_path in known:
        check(path, known[name_or_path])
        return known[name_or_path]
    digest = sha256(path)
    for entry in known.values():
        if entry.sha256 == digest:
            return entry
    raise WeightsError(
        f"weights {path} have sha256 {digest}, which is none of {', '.join(known)}: "
        "they are damaged, tampered with or your own"
    )


def load_state(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Read a state dict and its metadata, on the CPU; nothing in the file is ever executed.

    A file of the manifest in its own place must have the manifest's sha256.

    Args:
        path: `.safetensors`, or `.pt` / `.pth` holding one flat dict of tensors.

    Returns:
        The tensors by name and the metadata; a `.pt` or `.pth` has no metadata.

    Raises:
        WeightsError: missing, of another kind, damaged, tampered with, or more than tensors.
    """
    if not path.is_file():
        raise WeightsError(f"weights {path} do not exist or are no file")
    for entry in manifest().values():
        if entry.path.resolve() == path.resolve():
            check(path, entry)
    match path.suffix.lower():
        case ".safetensors":
            return _load_safetensors(path)
        case ".pt" | ".pth":
            return _load_torch(path), {}
        case _:
            raise WeightsError(f"weights {path} must be a .safetensors, .pt or .pth file")


def _load_safetensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    try:
        with safe_open(path, framework="pt", device="cpu") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except Exception as error:
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
        path: replaced if it exists; its folder must exist.
        tensors: by name; of any memory layout, on any device.
        metadata: texts for the header.

    Raises:
        OutputError: the file cannot be written.
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
