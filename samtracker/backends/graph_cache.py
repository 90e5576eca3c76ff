"""Where the graphs are kept that were made of a network."""

from __future__ import annotations

import atexit
import copy
import hashlib
import json
import logging
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch

from samtracker.backends.graphs import write_graphs
from samtracker.errors import SamTrackerError
from samtracker.files import DAMAGE, cache_folder, file_sha256
from samtracker.model.network import Network

LOG = logging.getLogger(__name__)

CODE = Path(__file__).parent, Path(__file__).parents[1] / "model"
"""The code that graphs are made from."""

SUMS = "sha256.json"
"""File in a folder of graphs with their checksums."""


def graph_folder(network: Network, make: Callable[[Network, Path], None] = write_graphs) -> Path:
    """Return the folder with what is made of a network once.

    The graphs are known by the weights, the code that they are made from, and the version of torch.
    Where the user's cache folder cannot be written, they are made for this process.

    Args:
        network: A network with lite's encoder, on any device and in any precision.
        make: Makes the files, in a folder, of a copy in float32 on the CPU.

    Returns:
        The folder; engines may keep there what they make of the graphs.
    """
    network = copy.deepcopy(network).cpu().float()  # torch may compute with it otherwise
    name = _digest(network)
    try:
        folder = cache_folder() / "graphs" / name
        if folder.is_dir():
            if _is_whole(folder):
                return folder
            shutil.rmtree(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
    except (OSError, SamTrackerError) as error:
        LOG.info("graphs cannot be kept: %s", error)
        folder = made = Path(tempfile.mkdtemp(prefix="samtracker-graphs-"))
        atexit.register(shutil.rmtree, made, ignore_errors=True)
    LOG.warning("making graphs of these weights for the first time: this takes a minute")
    try:
        make(network, made)
        sums = {path.name: file_sha256(path) for path in made.iterdir()}
        (made / SUMS).write_text(json.dumps(sums))
        if made != folder:
            made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        if not folder.is_dir():  # else another process was quicker
            raise
    return folder


def _is_whole(folder: Path) -> bool:
    """Return whether the graphs are as they were made."""
    try:
        sums = json.loads((folder / SUMS).read_bytes())
        return all(file_sha256(folder / name) == found for name, found in sums.items())
    except (OSError, *DAMAGE):
        return False


def _digest(network: Network) -> str:
    """Return 32 hexadecimal digits for all that the graphs depend on."""
    found = hashlib.sha256(torch.__version__.encode())
    for path in sorted(path for folder in CODE for path in folder.glob("*.py")):
        found.update(path.read_bytes())
    for name, tensor in sorted(network.state_dict().items()):
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.contiguous().view(-1).numpy().tobytes())
    return found.hexdigest()[:32]
