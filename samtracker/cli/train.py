"""`samtrack train` and `samtrack export-weights`."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from samtracker.cli.interruption import EXIT_CODE, Interruption
from samtracker.cli.packages import check_packages
from samtracker.config import PRESETS, TrainConfig
from samtracker.errors import ConfigError, OutputError
from samtracker.files import writing

if TYPE_CHECKING:
    from samtracker.train.checkpoint import Checkpoint

DRY_RUN: dict[str, Any] = {
    "size": 128,
    "instances": 48,
    "epochs": 1,
    "batch": 2,
    "warmup": 4,
    "checkpoint_every": 12,
}
"""Enough to see that everything works, within a minute on two cores."""


FREE = ("workers", "checkpoint_every", "evaluate_every", "validate")
"""Settings that may change when a training goes on: they do not change what is learned."""

PACKAGES = ("accelerate", "tensorboard")
"""What the extra `train` brings."""


def config_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add an option for every field of `TrainConfig`, explained as there."""
    text = inspect.cleandoc(TrainConfig.__doc__ or "").partition("Attributes:\n")[2]
    explained = dict(re.findall(r"^    (\w+): (.+(?:\n     .+)*)", text, re.MULTILINE))
    for field in reversed(dataclasses.fields(TrainConfig)):
        name = f"--{field.name.replace('_', '-')}"
        # `python -OO` leaves docstrings out, those that click shows too.
        words = " ".join(explained.get(field.name, "").split()).replace("`", "")
        shown = f"{words[:1].upper()}{words[1:]}  [{field.default} in the preset default]"
        command = click.option(name, type=type(field.default), help=shown)(command)
    return command


@click.command()
@click.option(
    "--data",
    "sources",
    multiple=True,
    metavar="KIND:PATH[:SPLIT][*WEIGHT]",
    help="Dataset to train on; repeatable, see `samtrack data preview`.",
)
@click.option(
    "--preset",
    metavar="|".join(PRESETS),
    help="Settings to start from; default without.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("training"),
    show_default=True,
    help="Folder for checkpoint, metrics and figures.",
)
@click.option(
    "--resume",
    metavar="auto|FILE",
    help="Go on from a checkpoint, with its settings; auto is the output folder's, if any.",
)
@click.option(
    "--dry-run", is_flag=True, help="Train for a minute on synthetic data, to see that it works."
)
@config_options
def train(
    sources: tuple[str, ...],
    preset: str | None,
    output: Path,
    resume: str | None,
    dry_run: bool,
    **settings: Any,
) -> None:
    """Train the tracker on pairs or short clips.

    Every setting of the preset has an option. `torchrun --nproc-per-node N -m samtracker train`
    trains on N GPUs.
    """
    check_packages("training", "train", PACKAGES)
    from samtracker.checkpoints.load import load_network
    from samtracker.data.mixture import parse_pictures, parse_source, read_clips
    from samtracker.data.training_set import TrainingSet
    from samtracker.evaluate.validation import Validation
    from samtracker.train.checkpoint import Checkpoint
    from samtracker.train.loop import CHECKPOINT, resolve_precision
    from samtracker.train.loop import train as run

    given = {name: value for name, value in settings.items() if value is not None}
    checkpoint = output / CHECKPOINT
    source = checkpoint if resume == "auto" else Path(resume or "")
    earlier = None
    if resume is not None and (resume != "auto" or checkpoint.is_file()):
        earlier = Checkpoint.load(source)
    if checkpoint.exists() and (earlier is None or not source.samefile(checkpoint)):
        raise OutputError(
            f"output '{output}' holds a training already: go on with --resume auto, or choose "
            "another with --output"
        )
    if not checkpoint.exists():
        _refuse_foreign(output)
    if earlier is not None:
        changes = {**given, **({"data": sources} if sources else {})}
        if preset is not None:
            changes |= dataclasses.asdict(TrainConfig.preset(preset))
        config = _resumed(earlier, changes)
        sources = earlier.data
    else:
        start = TrainConfig.preset(preset or "default")
        config = dataclasses.replace(start, **{**(DRY_RUN if dry_run else {}), **given})
        config = dataclasses.replace(config, precision=resolve_precision(config.precision))
        sources = sources or (("synthetic",) if dry_run else ())
    if not sources:
        raise ConfigError("nothing to train on: give --data KIND:PATH, or --dry-run")
    mixture = [
        parse_source(
            text,
            object=config.object,
            objects=config.objects,
            max_gap=config.max_gap,
            size=config.size,
        )
        for text in sources
    ]
    pictures = parse_pictures(sources, size=config.size) if config.pictures else []
    network = load_network(config.weights if earlier is None else source)
    if "pictures" not in given and not (pictures and network.own_prompter):
        config = dataclasses.replace(config, pictures=0)  # nothing to point at, or to point with
    data = TrainingSet(
        mixture,
        count=config.instances,
        length=config.length,
        size=config.size,
        framing=config.framing,
        seed=config.seed,
        pictures=pictures,
        per_sample=config.pictures,
    )
    clips = read_clips(config.validate) if config.validate else []
    validate = Validation(clips=tuple(clips), memory=config.memory) if clips else None
    _make_folder(output)
    with Interruption() as interruption:
        interruption.deferred = True
        done = run(
            network,
            config,
            data,
            output,
            sources=sources,
            validate=validate,
            resume=earlier,
            stop=lambda: interruption.requested,
        )
    if done < config.steps:
        click.echo(f"stopped after step {done}: go on with --resume auto", err=True)
        raise SystemExit(EXIT_CODE)
    click.echo(f"{done} steps in {checkpoint}", err=True)


@click.command("export-weights")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@click.argument("output", type=click.Path(path_type=Path))
@click.option("--licence", default="Apache-2.0", show_default=True, help="License of the weights.")
def export_weights(checkpoint: Path, output: Path, licence: str) -> None:
    """Write the weights of CHECKPOINT to OUTPUT, as fp16 safetensors with a model card."""
    from samtracker.train.model_card import export_weights as export

    card = export(checkpoint, output, licence=licence)
    click.echo(f"{output} and {card}", err=True)


def _make_folder(output: Path) -> None:
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(
            f"'{output}' cannot be written ({error.strerror}): choose another with --output"
        ) from error


def _refuse_foreign(output: Path) -> None:
    """Guard files that no training has written, since it would have left a checkpoint as well.

    Raises:
        OutputError: There is one where this training would write.
    """
    from samtracker.train.figures import CURVES, SAMPLES
    from samtracker.train.metrics_log import METRICS, is_metrics

    for path in (output / name for name in (METRICS, CURVES, SAMPLES)):
        with writing(path):
            foreign = path.exists() and not (path.name == METRICS and is_metrics(path))
        if foreign:
            raise OutputError(
                f"'{path}' would be replaced, and no training of samtrack wrote it: choose another "
                "place with --output, or move it away"
            )


def _resumed(checkpoint: Checkpoint, given: dict[str, Any]) -> TrainConfig:
    """Return the checkpoint's settings, with another way of running them where that is given."""
    known = {**dataclasses.asdict(checkpoint.config), "data": checkpoint.data}
    for name, value in given.items():
        if name not in FREE and value != known[name]:
            raise ConfigError(
                f"--{name.replace('_', '-')} {value} differs from {known[name]} in the "
                "checkpoint: leave it out, or start anew with --weights CHECKPOINT"
            )
    free = {name: value for name, value in given.items() if name in FREE}
    return dataclasses.replace(checkpoint.config, **free)
