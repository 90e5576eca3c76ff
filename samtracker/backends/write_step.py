"""The graphs of a step as files, for ONNX Runtime or OpenVINO."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from samtracker.backends.choice import PACKAGES, missing
from samtracker.backends.graph_cache import graph_folder
from samtracker.backends.graphs import DecoderGraph, EncoderGraph, Graph, write_graph
from samtracker.errors import ConfigError
from samtracker.model.network import Network

SUFFIXES: Final = {"onnx": ".onnx", "openvino": ".xml"}
"""How the name of a graph's file ends in each format."""

KEPT: Final = (EncoderGraph, DecoderGraph)
"""Graphs that the backends use as well, and keep."""

_NEEDS: Final = {"onnx": ("onnx", "onnxscript"), "openvino": PACKAGES["openvino"]}


def check_format(format: str) -> None:
    """Check that graphs can be written in a format.

    Raises:
        ConfigError: There is no such format, or a package for it is not installed.
    """
    if format not in SUFFIXES:
        raise ConfigError(f"format={format!r} does not exist: use one of {', '.join(SUFFIXES)}")
    lacking = missing(_NEEDS[format])
    if lacking:
        raise ConfigError(
            f"format={format!r} needs {' and '.join(lacking)}: pip install 'samtracker[{format}]'"
        )


def write_step(
    network: Network, graphs: dict[str, Graph], folder: Path, format: str
) -> Iterator[str]:
    """Write graphs, each by its name; yield the name of each once it is there.

    Encoder and decoder are taken from where the backends keep them, if they are there.

    Args:
        network: A network with lite's encoder, float32, on the CPU.
        graphs: From `step_graphs`.
        folder: Where to.
        format: A key of `SUFFIXES`, which was checked.
    """
    kept = graph_folder(network)
    for name, graph in graphs.items():
        path = folder / f"{name}.onnx"
        if isinstance(graph, KEPT):
            shutil.copyfile(kept / path.name, path)
        else:
            write_graph(graph, path)
        if format == "openvino":
            _convert(path)
        yield name


def _convert(path: Path) -> None:
    """Replace an ONNX file by an OpenVINO model in float32, a `.xml` and a `.bin`."""
    import openvino

    model = openvino.convert_model(path)
    openvino.save_model(model, path.with_suffix(".xml"), compress_to_fp16=False)
    path.unlink()
