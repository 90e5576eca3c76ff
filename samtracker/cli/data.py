"""`samtrack data`: look at what a network learns from."""

from __future__ import annotations

from pathlib import Path

import click

from samtracker.config import FRAMINGS, OBJECTS
from samtracker.errors import OutputError


@click.group()
def data() -> None:
    """Look at training data."""


@data.command()
@click.option(
    "--data",
    "specs",
    required=True,
    multiple=True,
    metavar="KIND:PATH[:SPLIT][*WEIGHT]",
    help="Dataset to draw from: davis, davis2017, youtube, folder, stills, instances or photos "
    "with a path; or synthetic. Repeatable: samples come from each by its weight.",
)
@click.option(
    "--rows",
    type=click.IntRange(min=1),
    default=6,
    show_default=True,
    help="Number of samples to draw.",
)
@click.option(
    "--size",
    type=click.IntRange(min=16),
    default=384,
    show_default=True,
    help="Side of the square frames in pixels.",
)
@click.option(
    "--length",
    type=click.IntRange(min=2),
    default=2,
    show_default=True,
    help="Number of frames in a sample; the first is the template, the last the image.",
)
@click.option(
    "--framing",
    type=click.Choice(FRAMINGS),
    default="letterbox",
    show_default=True,
    help="Show whole frames, or random squares around the object.",
)
@click.option(
    "--object",
    "choice",
    type=click.Choice(OBJECTS),
    default="largest",
    show_default=True,
    help="Which object of a clip to show.",
)
@click.option(
    "--max-gap",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Largest distance of two frames in a sample, counted in frames with masks.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of everything that is random.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    default="preview.png",
    show_default=True,
    help="PNG file to write.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier file.")
def preview(  # noqa: PLR0917
    specs: tuple[str, ...],
    rows: int,
    size: int,
    length: int,
    framing: str,
    choice: str,
    max_gap: int,
    seed: int,
    output: Path,
    overwrite: bool,
) -> None:
    """Draw training samples: image, mask, template and template mask in a row."""
    from samtracker.data.mixture import parse_source, root_of
    from samtracker.data.preview import preview as draw
    from samtracker.data.training_set import TrainingSet
    from samtracker.results.inputs import refuse_inputs
    from samtracker.video.stills import write_still

    if output.exists() and not overwrite:
        raise OutputError(f"'{output}' exists already: give --overwrite, or another -o")
    refuse_inputs(output, [root_of(spec) for spec in specs])
    mixture = tuple(parse_source(spec, object=choice, max_gap=max_gap, size=size) for spec in specs)
    dataset = TrainingSet(
        mixture=mixture, count=rows, length=length, size=size, framing=framing, seed=seed
    )
    write_still(output, draw(dataset, rows))
    click.echo(f"{output}: {rows} samples")
