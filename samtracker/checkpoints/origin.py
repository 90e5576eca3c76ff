"""Which weights something was made with, and how to find them again."""

from __future__ import annotations

import os
from pathlib import Path

from samtracker.checkpoints.load import load_network
from samtracker.checkpoints.manifest import manifest
from samtracker.errors import WeightsError
from samtracker.model.network import Network


def weights_of(network: Network) -> tuple[str, str]:
    """Return where a network's weights come from, a name or an absolute path, and their sha256.

    Raises:
        WeightsError: They come from no file.
    """
    file = network.file
    if file is None:
        raise WeightsError("the network comes from no file: save its weights and load them first")
    place = os.path.realpath(file)
    known = manifest().values()
    names = [entry.name for entry in known if os.path.realpath(entry.path) == place]
    return names[0] if names else place, network.digest


def network_of(
    path: str | Path, name: str, digest: str, moved: str | Path | None = None
) -> Network:
    """Load the network that something was made with.

    Args:
        path: File that was made, for messages.
        name: Name or path of the weights, from `weights_of`.
        digest: Their sha256, from there too.
        moved: Where they lie now; None for where they were.

    Raises:
        WeightsError: The weights are missing or are others.
    """
    try:
        network = load_network(name if moved is None else moved)
    except WeightsError as error:
        if moved is not None:
            raise
        raise WeightsError(
            f"{error}; '{path}' was made with them: if they lie elsewhere now, give weights=..."
        ) from error
    if network.digest != digest:
        raise WeightsError(
            f"'{path}' was made with other weights than '{network.file}': give weights=..."
        )
    return network
