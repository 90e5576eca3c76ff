"""`samtrack export`: the step as graphs for other engines."""

from __future__ import annotations

from pathlib import Path

import click

from samtracker.cli.interruption import Interruption


@click.command()
@click.argument("weights", metavar="[WEIGHTS]", default="lite")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR",
    help="Folder to write; it appears when it is complete.",
)
@click.option(
    "--format",
    metavar="onnx|openvino",
    default="onnx",
    show_default=True,
    help="onnx for ONNX Runtime and others, openvino for OpenVINO's own files.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier export.")
def export(weights: str, output: Path, format: str, overwrite: bool) -> None:
    """Write all that a step of lite computes as graphs, to track without torch.

    By default the weights lite. config.json in the folder explains the graphs;
    examples/onnx_tracker.py tracks with them. This takes one to two minutes.
    """
    from samtracker.checkpoints.load import load_network
    from samtracker.jobs.export import export as write

    def show(name: str, number: int, count: int) -> None:
        click.echo(f"graph {number} of {count}: {name}", err=True)

    with Interruption():
        folder = write(load_network(weights), output, format=format, overwrite=overwrite, show=show)
    click.echo(folder)
