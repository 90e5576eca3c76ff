"""`samtrack eval`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from samtracker.cli.options import model_options, threads_option
from samtracker.config import CORRUPTIONS, DATASETS
from samtracker.errors import ConfigError


@click.command("eval")
@click.option(
    "--dataset",
    type=click.Choice(DATASETS),
    required=True,
    help="Dataset layout: DAVIS 2016, DAVIS 2017, YouTube-VOS, folders images/ and masks/, or "
    "instances: photos whose masks have an id a gray value, of which the largest object counts.",
)
@click.option(
    "--root", type=click.Path(path_type=Path), required=True, help="Folder of the dataset."
)
@click.option(
    "--split",
    help="Split to score: val, train, ...; all takes every clip of a DAVIS without lists.  "
    "[default: val, of YouTube-VOS valid]",
)
@click.option(
    "--predictions",
    type=click.Path(path_type=Path),
    help="Score the masks DIR/CLIP/FRAME.png instead of tracking.",
)
@click.option(
    "--prompt",
    default="mask",
    show_default=True,
    metavar="mask|box|click|clicks:N",
    help="How the objects of the first frame are pointed at. Anything but mask is simulated from "
    "the truth, and the first masks are scored as well.",
)
@click.option(
    "--rounds",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="Correct the worst frame of a clip by simulated clicks and track it again, N times; the "
    "scores are those after the last round, and there is a table with all of them.",
)
@click.option(
    "--corrupt",
    "corruptions",
    multiple=True,
    metavar="KIND",
    help=f"Track harder clips as well, at three strengths: {', '.join(CORRUPTIONS)} or all. "
    "Repeatable.",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Number of clips to score in parallel.  [default: 1 when tracking, so that the frame "
    "rates are right, else all cores]",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("evaluation"),
    show_default=True,
    help="Folder for masks, results.csv, results.json and report.html.",
)
@click.option("--overwrite", is_flag=True, help="Replace an earlier run's output folder.")
@model_options
@threads_option
def evaluate(  # noqa: PLR0917
    dataset: str,
    root: Path,
    split: str | None,
    predictions: Path | None,
    prompt: str,
    rounds: int,
    corruptions: tuple[str, ...],
    jobs: int | None,
    output: Path,
    overwrite: bool,
    **model: Any,
) -> None:
    """Score the tracker, or masks in a folder, against the truth of a dataset.

    Prints J, F and J&F as the official code of DAVIS has them. docs/evaluation.md says how frames
    and absent objects count.
    """
    import torch

    from samtracker.cli.scoring import EvalRequest, run_evaluation

    context = click.get_current_context()
    given = [
        name
        for name in (*model, "threads")
        if context.get_parameter_source(name) is not ParameterSource.DEFAULT
    ]
    if predictions is not None and given:
        option = given[0].replace("_", "-")
        raise ConfigError(f"--{option} is of the tracker: leave it out with --predictions")
    run_evaluation(
        EvalRequest(
            dataset=dataset,
            root=root,
            split=split,
            predictions=predictions,
            corruptions=CORRUPTIONS if "all" in corruptions else corruptions,
            jobs=jobs,
            output=output,
            overwrite=overwrite,
            prompt=prompt,
            rounds=rounds,
            model=model,
            threads=torch.get_num_threads() if "threads" in given else None,
        )
    )
