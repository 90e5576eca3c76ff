"""Export: the graphs of a step and what a tracker needs to know of them, in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from samtracker.backends.step_graphs import step_graphs
from samtracker.backends.write_step import check_format, write_step
from samtracker.errors import ConfigError
from samtracker.files import write_text, writing
from samtracker.jobs.export_config import export_config
from samtracker.model.network import Network
from samtracker.prompts.square import SIDE
from samtracker.results.names import EXPORT_CONFIG
from samtracker.results.output_folder import OutputFolder


def export(
    network: Network,
    output: Path,
    *,
    format: str,
    overwrite: bool = False,
    show: Callable[[str, int, int], None],
) -> Path:
    """Write the graphs of a step and `config.json`.

    The folder appears when it is complete; what an exception interrupts is removed.

    Args:
        network: A network with lite's encoder, loaded from a file.
        output: The folder.
        format: "onnx" or "openvino".
        overwrite: Whether an earlier export is replaced.
        show: Called with the name, the number and the count before each graph.

    Returns:
        The folder.

    Raises:
        ConfigError: SAM's encoder, an unknown format, or a package is not installed.
        OutputError: The folder exists and may not be replaced, or cannot be written.
    """
    check_format(format)
    if network.config.encoder != "lite":
        raise ConfigError(
            f"encoder={network.config.encoder!r} cannot be exported: give weights of lite"
        )
    with OutputFolder(output, overwrite=overwrite, inputs=[network.file]) as folder:
        try:
            graphs = step_graphs(network, SIDE)
            written = write_step(network, graphs, folder.partial, format)
            with writing(output):
                for number, name in enumerate(graphs, start=1):
                    show(name, number, len(graphs))
                    next(written)
            config = json.dumps(export_config(network, graphs, format), indent=2)
            write_text(folder.partial / EXPORT_CONFIG, config)
        except BaseException:  # half of the graphs are of no use
            for path in folder.partial.glob("[!.]*"):
                path.unlink()
            raise
    return folder.path
