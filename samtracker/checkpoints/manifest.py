"""The weights that the package knows: their names, where they lie, whether they are genuine.

`weights/manifest.json` names every file. Some come with the package; the others are fetched by
`samtracker.checkpoints.download` into a folder of the user.
"""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

from samtracker.checkpoints.files import sha256
from samtracker.errors import WeightsError
from samtracker.files import cache_folder, checked_path


@dataclass(frozen=True, kw_only=True)
class WeightEntry:
    """One weight file as the manifest names it.

    Attributes:
        name: What a user calls it.
        file: Its file name, without any folder.
        encoder: Name of its encoder, see `ModelConfig`.
        sha256: 64 lower-case hexadecimal digits.
        size: Size in bytes.
        licence: SPDX identifier.
        source: An http(s) URL, or "packaged" for a file that comes with the package.
        description: One line.

    Raises:
        WeightsError: A file name that could leave its folder, a hash that is none, or a source
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
    """Return the packaged folder: `samtracker/weights` when installed, `weights` in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "weights"
    return installed if installed.is_dir() else package.parent / "weights"


def manifest() -> dict[str, WeightEntry]:
    """Read all known weights by name, in the order of the manifest.

    Raises:
        WeightsError: The manifest is missing or damaged.
    """
    path = weights_folder() / "manifest.json"
    try:
        entries = [WeightEntry(**item) for item in json.loads(path.read_text("utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"cannot read {path} ({error}): reinstall samtracker") from error
    return {entry.name: entry for entry in entries}


def locate(entry: WeightEntry) -> Path:
    """Return the file of an entry.

    Raises:
        WeightsError: It is not there.
    """
    if not entry.path.is_file():
        raise WeightsError(f"weights {entry.name!r} are not at {entry.path}; {entry.remedy}")
    return entry.path


def find(name_or_path: str | Path) -> Path:
    """Find the file of a known name, or the given file.

    A str that is a known name is that name; everything else is a path.

    Raises:
        WeightsError: The file is not there, the name is unknown, or it is no path.
    """
    known = manifest()
    if isinstance(name_or_path, str) and name_or_path in known:
        return locate(known[name_or_path])
    path = checked_path(name_or_path, WeightsError, "weights")
    try:
        path = path.expanduser()
        exists = path.is_file()
    except (OSError, RuntimeError):  # as of a name that is too long for a file, and of ~nobody
        exists = False
    if not exists:
        raise WeightsError(
            f"weights '{name_or_path}' are neither an existing file nor one of {', '.join(known)}"
        )
    return path


def check(path: Path, entry: WeightEntry) -> None:
    """Check that a file is, byte for byte, the one that the manifest names.

    Raises:
        WeightsError: It cannot be read or has another sha256.
    """
    _compare(path, sha256(path), entry)


def checked_digest(path: Path) -> str:
    """Return the sha256 of a file, which in the place of a known one must be that one's.

    Raises:
        WeightsError: It cannot be read, or lies where another file belongs.
    """
    digest = sha256(path)
    for entry in manifest().values():
        if os.path.realpath(entry.path) == os.path.realpath(path):
            _compare(path, digest, entry)
    return digest


def verify(name_or_path: str | Path) -> WeightEntry:
    """Check a file's sha256 against the manifest and return the entry it belongs to.

    A name must be the file of its entry; a path may be any of the known files.

    Raises:
        WeightsError: Missing, unreadable, or not what the manifest names.
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


def _compare(path: Path, digest: str, entry: WeightEntry) -> None:
    if digest != entry.sha256:
        raise WeightsError(
            f"weights {path} are damaged or tampered with (sha256 {digest}, the manifest says "
            f"{entry.sha256}); {entry.remedy}"
        )
